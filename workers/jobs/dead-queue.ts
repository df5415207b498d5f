/**
 * The consumer of the dead messages: what a queue gave up because every attempt threw. Nothing is sent from here and
 * nothing is lost by it; it is where the operator learns of it.
 */
import { parseMessage } from './consume.ts'
import { reportStuck } from './stuck-work.ts'

/** `dead_letter_queue` of every consumer in wrangler.toml. */
export const DEAD_QUEUE = 'dead-messages'

export async function reportDeadMessages(batch: MessageBatch, env: Env): Promise<void> {
  for (const message of batch.messages) {
    const body = parseMessage(batch.queue, message)
    // A webhook's delivery is brought back by its outbox, and its failures are in the log.
    if (body?.kind === 'webhook.v1') console.error('a webhook message is dead, its outbox repeats it', { body })
    // Its error was noted at the last attempt; a dead message does not carry one.
    else if (body !== null) await reportStuck(env, body, { error: null, counts: true })
    message.ack()
  }
}
