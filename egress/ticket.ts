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
import type { Hold } from './held-bytes.ts'
import type { HeaderList } from './http2/header-encoder.ts'
import type { Pools } from './pools.ts'
import type { Tally } from './tally.ts'

export interface TicketSurroundings {
  readonly pools: Pools
  readonly allowed: AllowedHosts
  readonly tally: Tally
}

/**
 * Sends a ticket on its way. The response's head must have been written; it ends when all is answered.
 *
 * @param hold what the ticket holds; released when nothing of it is left
 */
export function runTicket(
  ticket: WireTicket,
  response: ServerResponse,
  hold: Hold,
  { pools, allowed, tally }: TicketSurroundings,
): void {
  const aside: TicketExchange[] = []
  const dispatch = (exchanges: TicketExchange[]) => pools.dispatch(ticket, exchanges.map(routed))
  const stream = new AnswerStream(response, ticket.requests.length, hold, () => dispatch(aside.splice(0)))
  response.once('close', () => {
    for (const _ of aside.splice(0)) stream.drop()
  })
  const verdicts = new Map<string, boolean>()
  const headerLists = new Map<WireRequest['sharedHeaders'], HeaderList>()
  const now = performance.now()
  const exchanges = ticket.requests.map((request, index) => {
    const sharedHeaders = remembered(headerLists, request.sharedHeaders, Object.entries)
    return new TicketExchange(request, index, sharedHeaders, now, stream, aside, tally)
  })
  const sendable = exchanges.filter((exchange) => {
    const isAllowed = remembered(verdicts, exchange.origin, (origin) => allowed.allows(origin))
    if (!isAllowed) exchange.answer({ kind: 'no_answer', sent: 'no', reason: 'host_not_allowed' })
    return isAllowed
  })
  dispatch(sendable)
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
  readonly #tally: Tally

  /** @param aside where it waits while the reader of the answers is behind */
  constructor(
    request: WireRequest,
    index: number,
    sharedHeaders: HeaderList,
    now: number,
    stream: AnswerStream,
    aside: TicketExchange[],
    tally: Tally,
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
    this.#tally = tally
  }

  get ticket(): object {
    return this.#stream
  }

  askLeave(): 'now' | 'later' | 'never' {
    if (this.#stream.isGone) {
      this.#stream.drop()
      return 'never'
    }
    if (!this.#stream.isBehind) return 'now'
    this.#aside.push(this)
    return 'later'
  }

  answer(answer: Answer): void {
    this.#tally.answers.add(inClass(answer))
    this.#stream.add(this.#index, answer)
  }
}

/** `2xx`, or of what has no answer whether it was sent: `no`, `maybe`. */
function inClass(answer: Answer): string {
  return answer.kind === 'response' ? `${Math.floor(answer.status / 100)}xx` : answer.sent
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
