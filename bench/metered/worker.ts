/**
 * The platform's Worker with meters: the same handlers and the same object classes, each given bindings that count
 * what Cloudflare would bill. {@link TALLY_PATH} reads the meters.
 */
import * as objects from '../../durable-objects/index.ts'
import platform from '../../workers/index.ts'
import { countBatch, countBindings } from './bindings.ts'
import { countStorage } from './storage.ts'
import { breakdown, count, TALLY_PATH, tally } from './tally.ts'

export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url)
    if (pathname === TALLY_PATH) return Response.json({ tally, breakdown })
    count('workerRequests', 1, 'HTTP')
    return platform.fetch(request, countBindings(env), context)
  },
  queue(batch, env) {
    count('workerRequests', 1, batch.queue)
    return platform.queue(countBatch(batch), countBindings(env))
  },
} satisfies ExportedHandler<Env, unknown>

export class Notification extends objects.Notification {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx)
    super(ctx, countBindings(env))
  }

  override alarm(): Promise<void> {
    count('objectRequests', 1, 'NOTIFICATION.alarm')
    return super.alarm()
  }
}

export class SubscriberShard extends objects.SubscriberShard {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx)
    super(ctx, countBindings(env))
  }

  override alarm(): Promise<void> {
    count('objectRequests', 1, 'SUBSCRIBER_SHARD.alarm')
    return super.alarm()
  }
}

export class Signer extends objects.Signer {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx)
    super(ctx, countBindings(env))
  }
}

export class Topic extends objects.Topic {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx)
    super(ctx, countBindings(env))
  }
}
