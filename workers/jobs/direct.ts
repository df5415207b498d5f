/**
 * The direct way out: one fetch per push. This is the hot path of a deployment without an egress: nothing is awaited,
 * allocated or timed per push that can be done once per lane or once per ticket.
 */
import { type Answer, MAX_ANSWER_BYTES, type PushRequest } from '../../push/outcome.ts'
import { Limiter } from './limiter.ts'
import { ANSWER_DEADLINE_MS, notBuilt, type Transport } from './transport.ts'

/** A deadline is counted in sweeps, so it is kept to a tenth of itself and costs a push no timer and no clock. */
const SWEEPS_PER_DEADLINE = 10

/**
 * One for each invocation: all its tickets share the lanes, and one that comes later waits for those before it.
 * The platform owns the connections, so the pool of a ticket does not matter here.
 *
 * @param concurrency pushes in flight at once
 */
export function directTransport(concurrency: number, { deadlineMs = ANSWER_DEADLINE_MS } = {}): Transport {
  const limiter = new Limiter(concurrency)
  return {
    async carry(count, build, onAnswer, _pool, mayGoOn) {
      const lanes = new Set<Lane>()
      // One timer a ticket, cleared at its end: a timer that nobody clears keeps the invocation awake.
      const sweep = setInterval(() => {
        for (const lane of lanes) lane.sweep()
      }, deadlineMs / SWEEPS_PER_DEADLINE)
      let next = 0
      const runLane = async () => {
        await limiter.enter()
        const lane = new Lane()
        lanes.add(lane)
        try {
          while (next < count && mayGoOn()) {
            const index = next++
            onAnswer(index, await lane.carryOne(index, build))
          }
        } finally {
          lanes.delete(lane)
          limiter.leave()
        }
      }
      try {
        await Promise.all(Array.from({ length: Math.min(count, concurrency) }, runLane))
      } finally {
        clearInterval(sweep)
      }
    },
  }
}

/** One push after another, with one abort signal for all of them: renewed only after it was used. */
class Lane {
  #controller = new AbortController()
  #sweepsLeft = 0

  async carryOne(index: number, build: Parameters<Transport['carry']>[1]): Promise<Answer> {
    let request: PushRequest
    try {
      const built = build(index)
      request = built instanceof Promise ? await built : built
    } catch (error) {
      return notBuilt(error)
    }
    if (this.#controller.signal.aborted) this.#controller = new AbortController()
    this.#sweepsLeft = SWEEPS_PER_DEADLINE
    let answer: Answer | undefined
    try {
      const response = await fetch(request.url, this.#initOf(request))
      answer = readHead(response)
      return response.ok ? await drain(response, answer) : { ...answer, body: await readBeginning(response) }
    } catch (error) {
      // The status is the answer: a body that breaks off does not make it less of one.
      return answer ?? (this.#controller.signal.aborted ? TIMED_OUT : readFailure(error))
    }
  }

  /** Called at even intervals; ends the push that has seen too many of them. */
  sweep(): void {
    if (this.#sweepsLeft-- === 0) this.#controller.abort()
  }

  #initOf({ sharedHeaders, ownHeaders, body }: PushRequest): RequestInit {
    return {
      method: 'POST',
      headers: ownHeaders === null ? sharedHeaders : { ...sharedHeaders, ...ownHeaders },
      body,
      // A redirect is an answer like any other; 'error' is not known to workerd.
      redirect: 'manual',
      signal: this.#controller.signal,
    }
  }
}

const TIMED_OUT: Answer = { kind: 'no_answer', sent: 'maybe', reason: 'timeout' }

/**
 * workerd says "Network connection lost." both when nobody listened and when the connection broke after the request
 * was written, so neither may be called unsent. Only running out of subrequests is known to come before sending.
 * https://developers.cloudflare.com/workers/observability/errors/
 */
function readFailure(error: unknown): Answer {
  const unsent = error instanceof Error && error.message.startsWith('Too many subrequests')
  return unsent
    ? { kind: 'no_answer', sent: 'no', reason: 'connect_failed' }
    : { kind: 'no_answer', sent: 'maybe', reason: 'connection_lost' }
}

const NO_HEADERS: Readonly<Record<string, string>> = {}

function readHead({ ok, status, headers }: Response): Extract<Answer, { kind: 'response' }> {
  return { kind: 'response', status, headers: ok ? NO_HEADERS : Object.fromEntries(headers), body: '' }
}

/** Reads a body that nobody needs: only then is the connection used again. Cancelling closes it, and costs a third. */
async function drain(response: Response, answer: Answer): Promise<Answer> {
  await response.arrayBuffer()
  return answer
}

/** At most {@link MAX_ANSWER_BYTES}. What names its length is read in one go, which costs workerd least. */
async function readBeginning(response: Response): Promise<string> {
  const length = response.headers.get('content-length')
  if (length !== null && Number(length) <= MAX_ANSWER_BYTES) return (await response.text()).slice(0, MAX_ANSWER_BYTES)
  const decoder = new TextDecoder()
  let text = ''
  let bytesLeft = MAX_ANSWER_BYTES
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true })
    bytesLeft -= chunk.byteLength
    if (bytesLeft <= 0) break
  }
  return text
}
