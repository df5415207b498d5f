/**
 * One ticket in the egress: its requests become exchanges, their answers go back in its answer stream. Decides
 * nothing about deliveries; the ledger does, in the Worker.
 */
import type { ServerResponse } from 'node:http'
import type { WireRequest, WireTicket } from '../push/egress-ticket.ts'
import type { Answer } from '../push/outcome.ts'
import type { AllowedHosts } from './allowed-hosts.ts'
import { AnswerStream } from './answer-stream.ts'
import type { Exchange } from './exchange.ts'
import type { HeaderList } from './http2/header-encoder.ts'
import type { Pools } from './pools.ts'

/** Sends a ticket on its way. The response's head must have been written; it ends when all is answered. */
export function runTicket(ticket: WireTicket, response: ServerResponse, pools: Pools, allowed: AllowedHosts): void {
  const aside: TicketExchange[] = []
  const stream = new AnswerStream(response, ticket.requests.length, () => {
    pools.dispatch(ticket.pool, aside.splice(0).map(routed))
  })
  const verdicts = new Map<string, boolean>()
  const headerLists = new Map<WireRequest['sharedHeaders'], HeaderList>()
  const now = performance.now()
  const exchanges = ticket.requests.map((request, index) => {
    const sharedHeaders = remembered(headerLists, request.sharedHeaders, Object.entries)
    return new TicketExchange(request, index, sharedHeaders, now, stream, aside)
  })
  const sendable = exchanges.filter((exchange) => {
    const isAllowed = remembered(verdicts, exchange.origin, (origin) => allowed.allows(origin))
    if (!isAllowed) exchange.answer({ kind: 'no_answer', sent: 'no', reason: 'host_not_allowed' })
    return isAllowed
  })
  pools.dispatch(ticket.pool, sendable.map(routed))
}

class TicketExchange implements Exchange {
  readonly origin: string
  readonly path: string
  readonly sharedHeaders: HeaderList
  readonly ownHeaders: Readonly<Record<string, string>> | null
  readonly body: string | Uint8Array
  readonly queuedAt: number
  readonly #index: number
  readonly #stream: AnswerStream
  readonly #aside: TicketExchange[]

  /** @param aside where it waits while the reader of the answers is behind */
  constructor(
    request: WireRequest,
    index: number,
    sharedHeaders: HeaderList,
    now: number,
    stream: AnswerStream,
    aside: TicketExchange[],
  ) {
    this.origin = request.origin
    this.path = request.path
    this.sharedHeaders = sharedHeaders
    this.ownHeaders = request.ownHeaders
    this.body = request.body
    this.queuedAt = now
    this.#index = index
    this.#stream = stream
    this.#aside = aside
  }

  askLeave(): 'now' | 'later' | 'never' {
    if (this.#stream.isGone) return 'never'
    if (!this.#stream.isBehind) return 'now'
    this.#aside.push(this)
    return 'later'
  }

  answer(answer: Answer): void {
    this.#stream.add(this.#index, answer)
  }
}

function routed(exchange: TicketExchange): readonly [origin: string, exchange: Exchange] {
  return [exchange.origin, exchange]
}

function remembered<K, V>(known: Map<K, V>, key: K, find: (key: K) => V): V {
  const old = known.get(key)
  if (old !== undefined) return old
  const found = find(key)
  known.set(key, found)
  return found
}
