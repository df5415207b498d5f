/** Sends messages to a queue, as many as there are. Knows the queue's limits, not what is said. */
import { chunksOf } from '../push/chunks.ts'

/** Most messages that one `sendBatch` takes. */
const MESSAGES_A_BATCH = 100

/** @throws what the queue throws; the messages before that are sent */
export async function sendAll<Body>(queue: Queue<Body>, bodies: readonly Body[]): Promise<void> {
  for (const part of chunksOf(bodies, MESSAGES_A_BATCH)) await queue.sendBatch(part.map((body) => ({ body })))
}
