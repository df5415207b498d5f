/**
 * What a queue hands us: parsed once, then given to its job. A message that fails is retried by itself, never with
 * its batch; one that is not ours is reported and dropped.
 */
import {
  type DeliverMessage,
  type FanoutMessage,
  type QueueMessage,
  queueMessage,
  type ReplayMessage,
  type WebhookMessage,
} from '../../schema/queue-messages.ts'
import { deliver } from './deliver.ts'
import { openShard } from './fanout.ts'
import { openReplay } from './replay.ts'
import { reportStuck } from './stuck-work.ts'
import { deliverWebhook } from './webhooks.ts'

/** Seconds before a message that failed comes back; the ledger's alarm would find its ticket anyway. */
const FAILED_MESSAGE_DELAY_SECONDS = 5

/** The first attempt and `max_retries` of wrangler.toml: after this one the platform moves it to the dead messages. */
const LAST_ATTEMPT = 11

export async function consume(batch: MessageBatch, env: Env): Promise<void> {
  const others: Work<FanoutMessage | ReplayMessage | WebhookMessage>[] = []
  const tickets: Work<DeliverMessage>[] = []
  for (const message of batch.messages) {
    const body = parseMessage(batch.queue, message)
    if (body === null) message.ack()
    else if (body.kind === 'deliver.v1') tickets.push({ message, body })
    else others.push({ message, body })
  }
  await Promise.all([
    ...others.map((work) => settleMessage(env, work, () => run(env, work.body))),
    deliver(
      env,
      tickets.map((work) => (carry) => settleMessage(env, work, () => carry(work.body))),
    ),
  ])
}

/** Null, and a line in the log, for what is not ours: nobody's recipients hang on it. */
export function parseMessage(queue: string, { id, body }: Message): QueueMessage | null {
  const parsed = queueMessage.safeParse(body)
  if (parsed.success) return parsed.data
  console.error('dropped a queue message that is not ours', { queue, id })
  return null
}

interface Work<Body> {
  readonly message: Message
  readonly body: Body
}

async function run(env: Env, body: FanoutMessage | ReplayMessage | WebhookMessage): Promise<void> {
  switch (body.kind) {
    case 'fanout.v1':
      return await openShard(env, body)
    case 'replay.v1':
      return await openReplay(env, body)
    case 'webhook.v1':
      return await deliverWebhook(env, body)
  }
}

async function settleMessage<Body extends QueueMessage>(
  env: Env,
  { message, body }: Work<Body>,
  job: () => Promise<void>,
): Promise<void> {
  try {
    await job()
    message.ack()
  } catch (error) {
    console.error('a job failed and is retried', { body, attempts: message.attempts, error: String(error) })
    // A webhook's delivery has a log of its own, and nobody's recipients hang on it.
    const isStuck = message.attempts >= LAST_ATTEMPT && body.kind !== 'webhook.v1'
    if (isStuck) await reportStuck(env, body, { error: String(error), counts: false })
    message.retry({ delaySeconds: FAILED_MESSAGE_DELAY_SECONDS })
  }
}
