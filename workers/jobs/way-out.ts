/** Which way pushes leave this invocation, chosen by configuration: directly, or through the egress. */
import { directTransport } from './direct.ts'
import { Limiter } from './limiter.ts'
import { egressTransport } from './through-egress.ts'
import type { Transport } from './transport.ts'

/**
 * Tickets in hand at a time when each push is a fetch of its own: while one is leased or settled, the other one
 * keeps the six connections busy.
 */
const DIRECT_TICKETS_IN_HAND = 2

/** One transport for an invocation: its limit is shared by all tickets of the batch, and by both ways out. */
export function chooseWayOut(env: Env): { readonly transport: Transport; readonly ticketsInHand: number } {
  const limiter = new Limiter(Number(env.DELIVERY_CONCURRENCY))
  const direct = directTransport(limiter)
  if (env.EGRESS_URL === '') return { transport: direct, ticketsInHand: DIRECT_TICKETS_IN_HAND }
  const address = { url: env.EGRESS_URL, key: env.EGRESS_KEY ?? '', binding: env.EGRESS }
  const fallback = readFallback(env.EGRESS_FALLBACK) === 'direct' ? direct : null
  return { transport: egressTransport({ ...address, fallback }, limiter), ticketsInHand: limiter.places }
}

/** A word that we do not know is no permission to leave by another address. */
function readFallback(word: string): 'wait' | 'direct' {
  if (word !== 'wait' && word !== 'direct') console.error(`EGRESS_FALLBACK is ${word}: write wait or direct`)
  return word === 'direct' ? 'direct' : 'wait'
}
