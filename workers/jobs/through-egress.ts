/**
 * The way out through the egress: one POST carries a whole ticket, the answers stream back. The Worker has built
 * every request and reads every answer; the egress (egress/) only multiplexes.
 */
import { decodeAnswers } from '../../push/egress-answers.ts'
import { encodeTicket, REFUSED_HEADER } from '../../push/egress-wire.ts'
import type { Answer } from '../../push/outcome.ts'
import { Cargo } from './cargo.ts'
import { busyForMs, type EgressAddress, EgressLine, readProblem } from './egress-line.ts'
import { Outages } from './egress-outage.ts'
import type { Limiter } from './limiter.ts'
import { OpenQuestions } from './open-questions.ts'
import { generationOf, startGeneration } from './pool-generations.ts'
import type { Transport } from './transport.ts'

/**
 * An egress that is full has room again as soon as a ticket has left it; after this long the ledger's schedule is the
 * better place to wait.
 */
const BUSY_PATIENCE_MS = 30_000

export interface EgressOptions extends EgressAddress {
  /** Takes tickets of which the egress certainly has nothing; null: they wait, by the ledger's schedule. */
  readonly fallback: Transport | null
  readonly busyPatienceMs?: number
}

/**
 * How a conversation ended. `over`: everything is answered. `declined`: the egress has nothing of the ticket.
 * `stopped`: likewise, and it shall not leave any more. `lost`: the egress may have sent what is unanswered.
 */
type End = 'over' | 'declined' | 'stopped' | 'lost'

/** A ticket on the line. */
interface Call {
  readonly line: EgressLine
  readonly cargo: Cargo
  readonly open: OpenQuestions
  readonly pool: string
}

const LOST_BEFORE: Answer = { kind: 'no_answer', sent: 'no', reason: 'egress_lost' }
const LOST_AFTER: Answer = { kind: 'no_answer', sent: 'maybe', reason: 'egress_lost' }

/** Lives as long as the isolate. */
const outages = new Outages()

/**
 * One for each invocation: all its tickets share the places.
 *
 * @param limiter a ticket is one request to the egress and takes one place
 */
export function egressTransport(options: EgressOptions, limiter: Limiter): Transport {
  return {
    async carry(count, build, onAnswer, pool, mayGoOn) {
      const open = new OpenQuestions(count, onAnswer)
      const cargo = new Cargo(count, build, open)
      const end = await callEgress(options, limiter, { cargo, open, pool }, mayGoOn)
      if (end === 'lost') open.answerRest(LOST_AFTER)
      if (end !== 'declined') return
      if (options.fallback === null) open.answerRest(LOST_BEFORE)
      else await cargo.leaveBy(options.fallback, pool, mayGoOn)
    },
  }
}

async function callEgress(
  options: EgressOptions,
  limiter: Limiter,
  ticket: Omit<Call, 'line'>,
  mayGoOn: () => boolean,
): Promise<End> {
  const { url, fallback, busyPatienceMs = BUSY_PATIENCE_MS } = options
  await limiter.enter()
  const line = new EgressLine(options, ticket.pool)
  try {
    if (fallback !== null && !outages.mayAsk(url, Date.now())) return 'declined'
    const patientUntil = Date.now() + (fallback === null ? busyPatienceMs : 0)
    while (mayGoOn()) {
      const end = await converse({ ...ticket, line })
      if (typeof end === 'string') {
        noteOutage(url, end)
        return end
      }
      if (Date.now() + end.waitMs > patientUntil) return 'declined'
      await new Promise((resolve) => setTimeout(resolve, end.waitMs))
    }
    return 'stopped'
  } finally {
    line.close()
    limiter.leave()
  }
}

function noteOutage(url: string, end: End): void {
  if (end === 'over') outages.noteThere(url)
  else outages.noteGone(url, Date.now())
}

/**
 * Asks, hands the ticket over, reads the answers. workerd cannot tell an egress that nobody listens for from one that
 * died with the ticket in its hands; asking first makes the former certain.
 */
async function converse({ line, cargo, open, pool }: Call): Promise<End | { readonly waitMs: number }> {
  const readiness = await line.ask()
  if (readiness.kind === 'busy') return readiness
  if (readiness.kind === 'gone') return 'declined'
  const requests = await cargo.load()
  try {
    const response = await line.post(encodeTicket(pool, requests, generationOf(pool)))
    if (response.status !== 200) return await readRefusal(response)
    await line.readLines(response, (text) => {
      for (const [position, answer] of decodeAnswers(text)) {
        if (cargo.answer(position, answer) === 'suspect') startGeneration(pool, Date.now())
      }
      return !open.areAnswered
    })
  } catch (error) {
    if (!open.areAnswered) console.error('the egress was lost with a ticket in its hands:', error)
  }
  return open.areAnswered ? 'over' : 'lost'
}

/** Only the egress itself can say that it has not touched the ticket; anything in between may have passed it on. */
async function readRefusal(response: Response): Promise<End | { readonly waitMs: number }> {
  const waitMs = busyForMs(response)
  if (waitMs !== null) return { waitMs }
  console.error(`the egress did not take a ticket: ${await readProblem(response)}`)
  return response.headers.has(REFUSED_HEADER) ? 'declined' : 'lost'
}
