/**
 * The direct way out: one fetch per push. This is the hot path of a deployment without an egress: nothing is awaited,
 * allocated or timed per push that can be done once per lane or once per ticket.
 */
import { type Answer, MAX_ANSWER_BYTES, type PushRequest } from '../../push/outcome.ts'
import type { Limiter } from './limiter.ts'
import { readBeginning } from './read-beginning.ts'
import { ANSWER_DEADLINE_MS, notBuilt, type Transport } from './transport.ts'

/** A deadline is counted in sweeps, so it is kept to a tenth of itself and costs a push no timer and no clock. */
const SWEEPS_PER_DEADLINE = 10

/**
 * One for each invocation: all its tickets share the lanes, and one that comes later waits for those before it.
 * The platform owns the connections, so the pool of a ticket does not matter here.
 *
 * @param limiter a push in flight takes one place
 */
export function directTransport(limiter: Limiter, { deadlineMs = ANSWER_DEADLINE_MS } = {}): Transport {
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
        await Promise.all(Array.from({ length: Math.min(count, limiter.places) }, runLane))
      } finally {
        clearInterval(sweep)
      }
    },
  }
}

/** One push after another, with one abort signal for all of them: renewed only after it was used. */
class Lane {
  #controller = new AbortController()
  #signal = this.#controller.signal
  #sweepsLeft = 0
  /** What the last push was like, and the request for more like it, once there was a second one. */
  #last: (Pick<PushRequest, 'url' | 'sharedHeaders'> & { readonly request: Request | null }) | null = null

  async carryOne(index: number, build: Parameters<Transport['carry']>[1]): Promise<Answer> {
    let request: PushRequest
    try {
      const built = build(index)
      request = built instanceof Promise ? await built : built
    } catch (error) {
      return notBuilt(error)
    }
    if (this.#signal.aborted) this.#renew()
    this.#sweepsLeft = SWEEPS_PER_DEADLINE
    let answer: Answer | undefined
    try {
      const response = await this.#fetch(request)
      if (response.ok) {
        answer = acceptedWith(response.status)
        // A body that nobody needs is read all the same: only then is the connection used again. Cancelling closes
        // it, and costs a third.
        await response.arrayBuffer()
        return answer
      }
      answer = readHead(response)
      return { ...answer, body: await readBeginning(response, MAX_ANSWER_BYTES) }
    } catch (error) {
      // The status is the answer: a body that breaks off does not make it less of one.
      return answer ?? (this.#signal.aborted ? TIMED_OUT : readFailure(error))
    }
  }

  /** Called at even intervals; ends the push that has seen too many of them. */
  sweep(): void {
    if (this.#sweepsLeft-- === 0) this.#controller.abort()
  }

  #renew(): void {
    this.#controller = new AbortController()
    this.#signal = this.#controller.signal
    this.#last = null
  }

  /** Pushes that differ only in their bodies (FCM's do) share a request: workerd reads URL, headers and options once. */
  #fetch({ url, sharedHeaders, ownHeaders, body }: PushRequest): Promise<Response> {
    const last = this.#last
    const isAlike = ownHeaders === null && last?.url === url && last.sharedHeaders === sharedHeaders
    if (isAlike && last.request !== null) return fetch(last.request, { body })
    // A redirect is an answer like any other; 'error' is not known to workerd.
    const options = { method: 'POST', redirect: 'manual', signal: this.#signal } as const
    const headers = ownHeaders === null ? sharedHeaders : { ...sharedHeaders, ...ownHeaders }
    const request = isAlike ? new Request(url, { ...options, headers }) : null
    this.#last = { url, sharedHeaders, request }
    return request === null ? fetch(url, { ...options, headers, body }) : fetch(request, { body })
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

/** All there is to know of a 2xx is its status. Its headers are not looked at, because workerd makes them on demand. */
const ACCEPTED: Extract<Answer, { kind: 'response' }> = { kind: 'response', status: 200, headers: {}, body: '' }

function acceptedWith(status: number): Answer {
  return status === ACCEPTED.status ? ACCEPTED : { ...ACCEPTED, status }
}

function readHead({ status, headers }: Response): Extract<Answer, { kind: 'response' }> {
  return { kind: 'response', status, headers: Object.fromEntries(headers), body: '' }
}
