/**
 * One push from its arrival to its answer: judge, look for a scripted fault, wait, answer, record. Sequences only: the
 * verdict is judge.ts, the words are answers.ts.
 */
import { randomUUID } from 'node:crypto'
import type { Desk } from '../desk.ts'
import type { Exchange, Headers } from '../exchange.ts'
import { type FinalEffect, NO_FAULT } from '../faults.ts'
import { UNANSWERED } from '../inbox.ts'
import { runAfter } from '../run-after.ts'
import { type Answer, acceptedAnswer, refusedAnswer, scriptedAnswer } from './answers.ts'
import type { Connection } from './connection.ts'
import { checkMessageId } from './header-rules.ts'
import { judge, type Verdict } from './judge.ts'
import type { ProviderTokens } from './provider-tokens.ts'

/** Answers one request, at once or after the latency that is set. */
export function serveApns(desk: Desk, tokens: ProviderTokens, connection: Connection, exchange: Exchange): void {
  const verdict = judge(exchange, connection, tokens, Date.now())
  const fault = verdict.reason === null ? desk.faults.decide('apns', verdict.deviceToken) : NO_FAULT
  const arrival = { desk, connection, exchange, verdict, apnsId: apnsIdOf(exchange.headers) }
  runAfter(desk.latency.of('apns') + fault.delayMs, () => finish(arrival, fault.effect))
}

interface Arrival {
  readonly desk: Desk
  readonly connection: Connection
  readonly exchange: Exchange
  readonly verdict: Verdict
  readonly apnsId: string
}

/** The sender's id when it is a good one, else one of APNs' own making. */
function apnsIdOf(headers: Headers): string {
  const apnsId = headers['apns-id']
  return apnsId === undefined || checkMessageId(apnsId) !== null ? randomUUID() : apnsId
}

function finish(arrival: Arrival, effect: FinalEffect | null): void {
  const answer = answerTo(arrival, effect)
  if (answer === null) {
    keepSilent(arrival, effect)
    return
  }
  record(arrival, answer.status, isAccepted(answer.status, effect), answer.reason)
  arrival.exchange.answer(answer.status, answer.headers, answer.body)
}

function answerTo({ verdict, apnsId, connection }: Arrival, effect: FinalEffect | null): Answer | null {
  if (verdict.reason !== null) return refusedAnswer(apnsId, verdict.reason)
  if (effect !== null) return scriptedAnswer(apnsId, effect, Date.now())
  return acceptedAnswer(apnsId, connection.environment === 'sandbox' ? randomUUID() : null)
}

/** Whether the device has the push, whatever the sender is told. */
function isAccepted(status: number, effect: FinalEffect | null): boolean {
  if (effect === null) return status === 200
  return effect.kind === 'status' && (effect.accepted ?? status < 300)
}

function keepSilent(arrival: Arrival, effect: FinalEffect | null): void {
  record(arrival, UNANSWERED, effect?.kind === 'reset' && effect.when === 'after', effect?.kind)
  if (effect?.kind === 'reset') arrival.exchange.cut()
  else if (effect?.kind === 'goaway') arrival.exchange.goAway(JSON.stringify({ reason: effect.reason ?? 'Shutdown' }))
}

function record(
  { desk, exchange, verdict, apnsId }: Arrival,
  status: number,
  accepted: boolean,
  reason?: string,
): void {
  const payload = verdict.reason === null ? verdict.payload : null
  const fanfareId = payload?.fanfare_id
  desk.inbox.record('apns', verdict.deviceToken, {
    at: Date.now(),
    status,
    accepted,
    message_id: typeof fanfareId === 'string' ? fanfareId : apnsId,
    reason,
    headers: desk.inbox.mode === 'full' ? apnsHeaders(exchange.headers) : undefined,
    payload,
  })
}

/** What the device side may care about. The provider token stays out of the inbox. */
function apnsHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('apns-')))
}
