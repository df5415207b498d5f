/**
 * Carries out the effect of a fault on a request that was otherwise right, over HTTP/1.1 or HTTP/2. What an answer
 * looks like is the caller's.
 */
import type { Exchange, Headers } from '../exchange.ts'
import type { FinalEffect } from '../faults.ts'
import { UNANSWERED } from '../inbox.ts'
import { JSON_HEADERS, type Refusal, refuseWithHtml } from './errors.ts'

export interface Play {
  /** Notes the fate of the request in the inbox. */
  readonly record: (status: number, accepted: boolean, reason?: string) => void
  /** Answers as if there were no fault; not recorded by this. */
  readonly accept: () => void
  /** The service's own refusal with this status. */
  readonly refuse: (status: number, reason: string | undefined) => Refusal
}

type StatusEffect = Extract<FinalEffect, { kind: 'status' }>

export function playEffect(exchange: Exchange, effect: FinalEffect, play: Play): void {
  switch (effect.kind) {
    case 'status':
      playStatus(exchange, effect, play)
      break
    case 'unregistered':
      answerRefusal(exchange, play, play.refuse(404, 'UNREGISTERED'), false)
      break
    case 'html':
      answerRefusal(exchange, play, refuseWithHtml(effect.status, 'Server Error'), false)
      break
    case 'hang':
      play.record(UNANSWERED, false, 'hang')
      break
    case 'reset':
      play.record(UNANSWERED, effect.when === 'after', `reset ${effect.when}`)
      exchange.cut()
      break
    case 'goaway':
      play.record(UNANSWERED, false, 'goaway')
      exchange.goAway(effect.reason)
      break
  }
}

function playStatus(exchange: Exchange, effect: StatusEffect, play: Play): void {
  const { status, reason, body, accepted = false } = effect
  if (status < 300 && body === undefined) {
    play.record(status, true)
    play.accept()
    return
  }
  const refusal = play.refuse(status, reason)
  const headers = withFaultHeaders(body === undefined ? refusal.headers : JSON_HEADERS, effect)
  answerRefusal(exchange, play, { ...refusal, headers, body: bodyText(body) ?? refusal.body }, accepted)
}

function withFaultHeaders(base: Headers, { headers, retry_after }: StatusEffect): Headers {
  return { ...base, ...(retry_after !== undefined && { 'retry-after': String(retry_after) }), ...headers }
}

function bodyText(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

function answerRefusal(exchange: Exchange, play: Play, refusal: Refusal, accepted: boolean): void {
  play.record(refusal.status, accepted, refusal.reason)
  exchange.answer(refusal.status, refusal.headers, refusal.body)
}
