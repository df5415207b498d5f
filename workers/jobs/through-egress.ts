/**
 * The way out through the egress: one POST carries a whole ticket, the answers stream back. The Worker has built
 * every request and reads every answer; the egress (egress/) only multiplexes.
 */
import { decodeAnswers, encodeTicket, REFUSED_HEADER } from '../../push/egress-wire.ts'
import { OrdinalSet } from '../../push/ledger.ts'
import type { Answer, PushRequest } from '../../push/outcome.ts'
import { type EgressAddress, EgressLine } from './egress-line.ts'
import { Limiter } from './limiter.ts'
import { notBuilt, type Transport } from './transport.ts'

export interface EgressOptions extends EgressAddress {
  /** Tickets in flight at once; each is one request to the egress. */
  readonly concurrency: number
}

type Build = Parameters<Transport['carry']>[1]
type OnAnswer = Parameters<Transport['carry']>[2]

/** One for each invocation: all its tickets share the places. */
export function egressTransport(options: EgressOptions): Transport {
  const limiter = new Limiter(options.concurrency)
  return {
    async carry(count, build, onAnswer, pool, mayGoOn) {
      const open = new OpenQuestions(count, onAnswer)
      await limiter.enter()
      const line = new EgressLine(options)
      try {
        if (!mayGoOn()) return
        open.answerRest(await converse(line, pool, count, build, open))
      } finally {
        line.close()
        limiter.leave()
      }
    },
  }
}

const LOST_BEFORE: Answer = { kind: 'no_answer', sent: 'no', reason: 'egress_lost' }
const LOST_AFTER: Answer = { kind: 'no_answer', sent: 'maybe', reason: 'egress_lost' }

/**
 * Asks, hands the ticket over, reads the answers. workerd cannot tell an egress that nobody listens for from one that
 * died with the ticket in its hands; asking first makes the former certain.
 *
 * @returns what to say of everything that is unanswered then
 */
async function converse(
  line: EgressLine,
  pool: string,
  count: number,
  build: Build,
  open: OpenQuestions,
): Promise<Answer> {
  if (!(await line.askReady())) return LOST_BEFORE
  const { requests, indexes } = await buildAll(count, build, open)
  const ticket = encodeTicket(pool, requests)
  try {
    const response = await line.post(ticket)
    if (response.status !== 200) {
      console.error(`the egress did not take a ticket: ${response.status} ${await response.text()}`)
      return response.headers.has(REFUSED_HEADER) ? LOST_BEFORE : LOST_AFTER
    }
    await line.readLines(response, (text) => {
      decodeAnswers(text, (position, answer) => open.answer(indexes[position] ?? -1, answer))
    })
  } catch (error) {
    console.error('the egress was lost with a ticket in its hands:', error)
  }
  return LOST_AFTER
}

/** What could be built, and which index of the ticket each request has. */
async function buildAll(count: number, build: Build, open: OpenQuestions) {
  const requests: PushRequest[] = []
  const indexes: number[] = []
  for (let index = 0; index < count; index++) {
    try {
      const built = build(index)
      requests.push(built instanceof Promise ? await built : built)
      indexes.push(index)
    } catch (error) {
      open.answer(index, notBuilt(error))
    }
  }
  return { requests, indexes }
}

/** Sees to it that each index is answered exactly once, whatever the stream says. */
class OpenQuestions {
  readonly #count: number
  readonly #answered: OrdinalSet
  readonly #onAnswer: OnAnswer

  constructor(count: number, onAnswer: OnAnswer) {
    this.#count = count
    this.#answered = OrdinalSet.ofSize(count)
    this.#onAnswer = onAnswer
  }

  answer(index: number, answer: Answer): void {
    if (index < this.#count && this.#answered.add(index)) this.#onAnswer(index, answer)
  }

  answerRest(answer: Answer): void {
    for (let index = 0; index < this.#count; index++) this.answer(index, answer)
  }
}
