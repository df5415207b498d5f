/**
 * One Web Push from its arrival to its answer: judge, look for a scripted fault, wait, answer, hand it to the browser,
 * record. Sequences only: the verdict is judge.ts, the words are answers.ts and the profiles.
 */
import { randomUUID } from 'node:crypto'
import type { Desk } from '../desk.ts'
import type { Exchange, Headers } from '../exchange.ts'
import { type FinalEffect, NO_FAULT } from '../faults.ts'
import { UNANSWERED } from '../inbox.ts'
import { runAfter } from '../run-after.ts'
import { acceptedAnswer, scriptedAnswer } from './answers.ts'
import type { Browsers } from './browsers.ts'
import { judge, type Verdict } from './judge.ts'
import type { Answer } from './profile.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { VapidTokens } from './vapid-tokens.ts'

export interface WebPush {
  readonly desk: Desk
  readonly subscriptions: Subscriptions
  readonly tokens: VapidTokens
  readonly browsers: Browsers
}

/** Answers one request, at once or after the latency that is set. */
export function serveWebPush(service: WebPush, exchange: Exchange): void {
  const { desk, subscriptions, tokens } = service
  const verdict = judge(exchange, subscriptions, tokens, Date.now())
  const fault = verdict.problem === null ? desk.faults.decide('webpush', verdict.id) : NO_FAULT
  const arrival = { service, exchange, verdict, messageId: randomUUID() }
  runAfter(desk.latency.of('webpush') + fault.delayMs, () => finish(arrival, fault.effect))
}

interface Arrival {
  readonly service: WebPush
  readonly exchange: Exchange
  readonly verdict: Verdict
  readonly messageId: string
}

function finish(arrival: Arrival, effect: FinalEffect | null): void {
  const answer = answerTo(arrival, effect)
  if (answer === null) {
    keepSilent(arrival, effect)
    return
  }
  settle(arrival, answer.status, isAccepted(answer.status, effect), answer.reason)
  arrival.exchange.answer(answer.status, answer.headers, answer.body)
}

function answerTo({ verdict, messageId }: Arrival, effect: FinalEffect | null): Answer | null {
  if (verdict.problem !== null) return verdict.profile.refuse(verdict.problem)
  const { subscription, ttlSeconds } = verdict.push
  const accepted = acceptedAnswer(`${subscription.origin}/message/${messageId}`, ttlSeconds)
  return effect === null ? accepted : scriptedAnswer(verdict.profile, effect, accepted)
}

/** Whether the browser gets the push, whatever the sender is told. */
function isAccepted(status: number, effect: FinalEffect | null): boolean {
  if (effect === null) return status === 201
  return effect.kind === 'status' && (effect.accepted ?? status < 300)
}

function keepSilent(arrival: Arrival, effect: FinalEffect | null): void {
  settle(arrival, UNANSWERED, effect?.kind === 'reset' && effect.when === 'after', effect?.kind)
  if (effect?.kind === 'reset') arrival.exchange.cut()
  else if (effect?.kind === 'goaway') arrival.exchange.goAway(effect.reason)
}

/** Records what became of the push, and hands an accepted one to the browser that holds the subscription. */
function settle(
  { service, exchange, verdict, messageId }: Arrival,
  status: number,
  accepted: boolean,
  reason?: string,
): void {
  const { inbox } = service.desk
  const payload = verdict.problem === null ? readPlaintext(verdict.push.plaintext) : null
  inbox.record('webpush', verdict.id, {
    at: Date.now(),
    status,
    accepted,
    message_id: fanfareIdOf(payload) ?? messageId,
    reason,
    headers: inbox.mode === 'full' ? pushHeaders(exchange.headers) : undefined,
    payload,
  })
  if (accepted && verdict.problem === null) service.browsers.deliver(verdict.push, messageId, exchange.body, Date.now())
}

/** JSON where it is JSON, else text; null for an empty push and for one that only the browser can open. */
function readPlaintext(plaintext: Buffer | null): unknown {
  if (plaintext === null) return null
  const text = plaintext.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function fanfareIdOf(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null || !('fanfare_id' in payload)) return null
  return typeof payload.fanfare_id === 'string' ? payload.fanfare_id : null
}

const PUSH_HEADERS = ['ttl', 'topic', 'urgency', 'content-encoding']

/** What RFC 8030 is about. The provider token stays out of the inbox. */
function pushHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => PUSH_HEADERS.includes(name)))
}
