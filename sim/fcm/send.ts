/**
 * Answers `messages:send`: judges the request, asks for a fault, waits, records, answers. Sequences only.
 */
import type { Desk } from '../desk.ts'
import type { Exchange } from '../exchange.ts'
import { runAfter } from '../run-after.ts'
import type { AccessTokens } from './access-tokens.ts'
import { JSON_HEADERS, type Refusal } from './errors.ts'
import { playEffect } from './play-effect.ts'
import type { Quota } from './quota.ts'
import { refusalOf } from './reasons.ts'
import { judgeSend, type SendVerdict } from './send-request.ts'

type AcceptedSend = Extract<SendVerdict, { ok: true }>

/** Makes the handler of one simulator's sends. */
export function makeSendHandler(
  desk: Desk,
  accessTokens: AccessTokens,
  quota: Quota,
): (exchange: Exchange, projectId: string) => void {
  const nextName = makeNames()

  return (exchange, projectId) => {
    const now = Date.now()
    const verdict = judgeSend(projectId, exchange.headers, exchange.body, accessTokens, now)
    if (!verdict.ok) {
      quota.countRefusal(projectId, now)
      refuse(desk, exchange, verdict.address, verdict.refusal)
    } else if (verdict.validateOnly) {
      const name = `projects/${projectId}/messages/fake_message_id`
      runAfter(desk.latency.of('fcm'), () => {
        record(desk, verdict, 200, false)
        accept(exchange, name)
      })
    } else {
      const { address } = verdict.target
      const overQuota = quota.take(projectId, address, now)
      if (overQuota === null) deliver(desk, exchange, verdict, nextName(projectId))
      else refuse(desk, exchange, address, overQuota)
    }
  }
}

/** Message names in Google's look: a shard, the time, and 16 hexadecimal digits. */
function makeNames(): (projectId: string) => string {
  const startedAt = Date.now()
  let count = 0
  return (projectId) => {
    count += 1
    return `projects/${projectId}/messages/0:${startedAt}%${count.toString(16).padStart(16, '0')}`
  }
}

/** Takes a message that is right, unless a fault has been scripted for its address. */
function deliver(desk: Desk, exchange: Exchange, verdict: AcceptedSend, name: string): void {
  const fault = desk.faults.decide('fcm', verdict.target.address)
  runAfter(desk.latency.of('fcm') + fault.delayMs, () => {
    if (fault.effect === null) {
      record(desk, verdict, 200, true)
      accept(exchange, name)
      return
    }
    playEffect(exchange, fault.effect, {
      record: (status, accepted, reason) => record(desk, verdict, status, accepted, reason),
      accept: () => accept(exchange, name),
      refuse: (status, reason) => refusalOf(status, reason, verdict.target.address),
    })
  })
}

function accept(exchange: Exchange, name: string): void {
  exchange.answer(200, JSON_HEADERS, `{\n  "name": "${name}"\n}\n`)
}

function refuse(desk: Desk, exchange: Exchange, address: string | null, refusal: Refusal): void {
  const { status, headers, body, reason } = refusal
  runAfter(desk.latency.of('fcm'), () => {
    const arrival = { at: Date.now(), status, accepted: false, message_id: null, reason, payload: null }
    desk.inbox.record('fcm', address, arrival)
    exchange.answer(status, headers, body)
  })
}

function record(desk: Desk, verdict: AcceptedSend, status: number, accepted: boolean, reason?: string): void {
  desk.inbox.record('fcm', verdict.target.address, {
    at: Date.now(),
    status,
    accepted,
    message_id: verdict.fanfareId,
    reason,
    payload: verdict.message,
  })
}
