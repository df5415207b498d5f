/** Delivers the tickets of a batch, a few at a time. How one ticket goes is deliver-ticket.ts. */
import type { DeliverMessage } from '../../schema/queue-messages.ts'
import { deliverTicket } from './deliver-ticket.ts'
import { chooseWayOut } from './way-out.ts'

/** A ticket of the batch: waits to be told how tickets are delivered. */
export type TicketJob = (deliver: (message: DeliverMessage) => Promise<void>) => Promise<void>

/**
 * A queue consumer is ended after 15 minutes, wherever it is. After this long no further push leaves: what is left of
 * a ticket goes back to its ledger, and what is left of the batch to its queue.
 */
const BATCH_BUDGET_MS = 10 * 60 * 1000

export async function deliver(env: Env, jobs: readonly TicketJob[]): Promise<void> {
  if (jobs.length === 0) return
  const { transport, ticketsInHand } = chooseWayOut(env)
  const stopAt = Date.now() + BATCH_BUDGET_MS
  const deliverOne = async (message: DeliverMessage) => {
    if (Date.now() >= stopAt) throw new Error('the batch has used up its time; this ticket was not begun')
    await deliverTicket(env, message, transport, stopAt)
  }
  const waiting = jobs.values()
  const work = async () => {
    for (const job of waiting) await job(deliverOne)
  }
  await Promise.all(Array.from({ length: Math.min(ticketsInHand, jobs.length) }, work))
}
