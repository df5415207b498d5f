/**
 * What a queue hands us: parsed once, then given to its job. A message that fails is retried by itself, never with
 * its batch; one that is not ours is reported and dropped.
 */
import { type DeliverMessage, type FanoutMessage, queueMessage } from '../../schema/queue-messages.ts'
import { deliver } from './deliver.ts'
import { openShard } from './fanout.ts'

/** Seconds before a message that failed comes back; the ledger's alarm would find its ticket anyway. */
const FAILED_MESSAGE_DELAY_SECONDS = 5

export async function consume(batch: MessageBatch, env: Env): Promise<void> {
  const fanouts: Work<FanoutMessage>[] = []
  const tickets: Work<DeliverMessage>[] = []
  for (const message of batch.messages) {
    const parsed = queueMessage.safeParse(message.body)
    if (!parsed.success) {
      console.error('dropped a queue message that is not ours', { queue: batch.queue, id: message.id })
      message.ack()
    } else if (parsed.data.kind === 'fanout.v1') fanouts.push({ message, body: parsed.data })
    else tickets.push({ message, body: parsed.data })
  }
  await Promise.all([
    ...fanouts.map((work) => settleMessage(work, () => openShard(env, work.body))),
    deliver(
      env,
      tickets.map((work) => (carry) => settleMessage(work, () => carry(work.body))),
    ),
  ])
}

interface Work<Body> {
  readonly message: Message
  readonly body: Body
}

async function settleMessage<Body>({ message, body }: Work<Body>, job: () => Promise<void>): Promise<void> {
  try {
    await job()
    message.ack()
  } catch (error) {
    console.error('a job failed and is retried', { body, attempts: message.attempts, error: String(error) })
    message.retry({ delaySeconds: FAILED_MESSAGE_DELAY_SECONDS })
  }
}
