/**
 * How FCM HTTP v1 says no: Google's error envelope, FCM's own codes in it, and the answers that have no code at all.
 * Builds answers; decides nothing.
 *
 * Sources: firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode; captures in beste/firebase-php#308,
 * esl/MongoosePush#123, firebase/firebase-admin-go#580 and #719, laravel-notification-channels/fcm#84.
 */
import type { Headers } from '../exchange.ts'

/** An answer that refuses. */
export interface Refusal {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** FCM's code, or the canonical status where FCM sends no code: for the inbox. */
  readonly reason: string
}

export interface FieldViolation {
  readonly field: string
  readonly description: string
}

export const JSON_HEADERS: Headers = { 'content-type': 'application/json; charset=UTF-8', server: 'ESF' }
const HTML_HEADERS: Headers = { 'content-type': 'text/html; charset=UTF-8', server: 'ESF' }
/** What Google's front end adds to a 401. */
const CHALLENGE_HEADERS: Headers = {
  ...JSON_HEADERS,
  'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
}

const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  UNKNOWN: 500,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const
export type CanonicalStatus = keyof typeof HTTP_STATUS

type Detail = Readonly<Record<string, unknown>> & { readonly '@type': string }

/** google.rpc.Status in Google's JSON envelope. */
export function refuse(status: CanonicalStatus, message: string, details: readonly Detail[], reason: string): Refusal {
  const code = HTTP_STATUS[status]
  const error = { code, message, status, ...(details.length > 0 && { details }) }
  return {
    status: code,
    headers: status === 'UNAUTHENTICATED' ? CHALLENGE_HEADERS : JSON_HEADERS,
    body: `${JSON.stringify({ error }, null, 2)}\n`,
    reason,
  }
}

export function fcmError(errorCode: string): Detail {
  return { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }
}

export function badRequest(...fieldViolations: FieldViolation[]): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }
}

export function errorInfo(reason: string, domain: string, metadata: Readonly<Record<string, string>>): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain, metadata }
}

export function quotaFailure(subject: string, description: string): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ subject, description }] }
}

export function help(description: string, url: string): Detail {
  return { '@type': 'type.googleapis.com/google.rpc.Help', links: [{ description, url }] }
}

/** A value that the JSON reader in front of FCM refuses: BadRequest alone, without FCM's code. */
export function refuseJson(field: string, description: string): Refusal {
  return refuse('INVALID_ARGUMENT', description, [badRequest({ field, description })], 'INVALID_ARGUMENT')
}

/** A value that FCM itself refuses: its code, and the field. */
export function refuseField(field: string, description: string): Refusal {
  const details = [badRequest({ field, description }), fcmError('INVALID_ARGUMENT')]
  return refuse('INVALID_ARGUMENT', description, details, 'INVALID_ARGUMENT')
}

/** A page of Google's front end. */
export function refuseWithHtml(status: number, title: string): Refusal {
  const body =
    `<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error ${status} (${title})!!1</title>\n` +
    `  <p><b>${status}.</b> <ins>That’s an error.</ins>\n  <p>${title} <ins>That’s all we know.</ins>\n`
  return { status, headers: HTML_HEADERS, body, reason: 'html' }
}
