/** Which way pushes leave this invocation, chosen by configuration: directly, or through the egress. */
import { directTransport } from './direct.ts'
import { egressTransport } from './through-egress.ts'
import type { Transport } from './transport.ts'

/**
 * Tickets in hand at a time when each push is a fetch of its own: while one is leased or settled, the other one
 * keeps the six connections busy.
 */
const DIRECT_TICKETS_IN_HAND = 2

/** One transport for an invocation: its limit is shared by all tickets of the batch. */
export function chooseWayOut(env: Env): { readonly transport: Transport; readonly ticketsInHand: number } {
  const concurrency = Number(env.DELIVERY_CONCURRENCY)
  if (env.EGRESS_URL === '') {
    return { transport: directTransport(concurrency), ticketsInHand: DIRECT_TICKETS_IN_HAND }
  }
  const transport = egressTransport({ url: env.EGRESS_URL, key: env.EGRESS_KEY ?? '', concurrency })
  return { transport, ticketsInHand: concurrency }
}
