/** Delivers the tickets of a batch, a few at a time. How one ticket goes is deliver-ticket.ts. */
import type { DeliverMessage } from '../../schema/queue-messages.ts'
import { deliverTicket } from './deliver-ticket.ts'
import { chooseWayOut } from './way-out.ts'

/** A ticket of the batch: waits to be told how tickets are delivered. */
export type TicketJob = (deliver: (message: DeliverMessage) => Promise<void>) => Promise<void>

export async function deliver(env: Env, jobs: readonly TicketJob[]): Promise<void> {
  if (jobs.length === 0) return
  const { transport, ticketsInHand } = chooseWayOut(env)
  const waiting = jobs.values()
  const work = async () => {
    for (const job of waiting) await job((message) => deliverTicket(env, message, transport))
  }
  await Promise.all(Array.from({ length: Math.min(ticketsInHand, jobs.length) }, work))
}
