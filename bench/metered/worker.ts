/**
 * The platform's Worker with meters: the same handlers and the same object classes, each given bindings that count
 * what Cloudflare would bill. {@link TALLY_PATH} reads the meters.
 */
import * as objects from '../../durable-objects/index.ts'
import platform from '../../workers/index.ts'
import { countBatch, countBindings } from './bindings.ts'
import { metered } from './objects.ts'
import { breakdown, count, TALLY_PATH, tally } from './tally.ts'

export default {
  ...platform,
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

export class AuditLog extends metered('AUDIT_LOG', objects.AuditLog) {}
export class Notification extends metered('NOTIFICATION', objects.Notification) {}
export class SubscriberShard extends metered('SUBSCRIBER_SHARD', objects.SubscriberShard) {}
export class Order extends metered('ORDER', objects.Order) {}
export class Throttle extends metered('THROTTLE', objects.Throttle) {}
export class Meter extends metered('METER', objects.Meter) {}
export class Signer extends metered('SIGNER', objects.Signer) {}
export class Topic extends metered('TOPIC', objects.Topic) {}
export class WebhookOutbox extends metered('WEBHOOK_OUTBOX', objects.WebhookOutbox) {}
