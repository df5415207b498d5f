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
} from '../../schema/queue-messages.ts'
import { deliver } from './deliver.ts'
import { openShard } from './fanout.ts'
import { openReplay } from './replay.ts'
import { reportStuck } from './stuck-work.ts'

/** Seconds before a message that failed comes back; the ledger's alarm would find its ticket anyway. */
const FAILED_MESSAGE_DELAY_SECONDS = 5

/** The first attempt and `max_retries` of wrangler.toml: after this one the platform moves it to the dead messages. */
const LAST_ATTEMPT = 11

export async function consume(batch: MessageBatch, env: Env): Promise<void> {
  const openings: Work<FanoutMessage | ReplayMessage>[] = []
  const tickets: Work<DeliverMessage>[] = []
  for (const message of batch.messages) {
    const body = parseMessage(batch.queue, message)
    if (body === null) message.ack()
    else if (body.kind === 'deliver.v1') tickets.push({ message, body })
    else openings.push({ message, body })
  }
  await Promise.all([
    ...openings.map((work) => settleMessage(env, work, () => open(env, work.body))),
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

async function open(env: Env, body: FanoutMessage | ReplayMessage): Promise<void> {
  await (body.kind === 'fanout.v1' ? openShard(env, body) : openReplay(env, body))
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
    if (message.attempts >= LAST_ATTEMPT) await reportStuck(env, body, { error: String(error), counts: false })
    message.retry({ delaySeconds: FAILED_MESSAGE_DELAY_SECONDS })
  }
}
