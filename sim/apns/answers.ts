/**
 * APNs' answers: what a verdict or a script looks like on the wire. Pure; sends nothing.
 *
 * Source: Apple, "Handling notification responses from APNs". Every answer of APNs has an `apns-id`; an answer without
 * one comes from something in front of it.
 */
import type { Headers } from '../exchange.ts'
import type { FinalEffect } from '../faults.ts'
import { type Reason, STATUS_OF_REASON, usualReason } from './reasons.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** APNs' own word for a refusal. */
  readonly reason?: string
}

/** 200. `apns-unique-id`, which the Push Notifications Console looks up, exists in the sandbox only. */
export function acceptedAnswer(apnsId: string, uniqueId: string | null): Answer {
  const headers: Headers = uniqueId === null ? { 'apns-id': apnsId } : { 'apns-id': apnsId, 'apns-unique-id': uniqueId }
  return { status: 200, headers, body: '' }
}

export function refusedAnswer(apnsId: string, reason: Reason): Answer {
  return errorAnswer(apnsId, STATUS_OF_REASON[reason], { reason })
}

/** What a script makes APNs say; null when it makes it say nothing. */
export function scriptedAnswer(apnsId: string, effect: FinalEffect, now: number): Answer | null {
  switch (effect.kind) {
    case 'status':
      return statusAnswer(apnsId, effect, now)
    case 'unregistered':
      return errorAnswer(apnsId, 410, { reason: 'Unregistered', timestamp: effect.at ?? now })
    case 'html':
      return pageAnswer(effect.status)
    default:
      return null
  }
}

/** APNs' usual reason and shape for whatever the script leaves out. */
function statusAnswer(apnsId: string, effect: FinalEffect & { kind: 'status' }, now: number): Answer {
  const { status, retry_after, reason = usualReason(status) } = effect
  const usual = reason === undefined ? '' : { reason, ...(status === 410 && { timestamp: now }) }
  const body = effect.body ?? usual
  return {
    status,
    headers: {
      'apns-id': apnsId,
      ...(retry_after !== undefined && { 'retry-after': String(retry_after) }),
      ...effect.headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    reason,
  }
}

const PAGE_HEADERS: Headers = { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' }

/** The page of a proxy in front of APNs, such as Cloudflare's 520: HTML, and no `apns-id`. */
function pageAnswer(status: number): Answer {
  const body = `<!DOCTYPE html>\n<title>${status}</title>\n<p>Web server is returning an unknown error</p>\n`
  return { status, headers: PAGE_HEADERS, body }
}

interface ErrorBody {
  readonly reason: string
  /** With 410 only: since when APNs knows, epoch milliseconds. */
  readonly timestamp?: number
}

function errorAnswer(apnsId: string, status: number, body: ErrorBody): Answer {
  return { status, headers: { 'apns-id': apnsId }, body: JSON.stringify(body), reason: body.reason }
}
