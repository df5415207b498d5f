/**
 * Reading what push services answer, which may be JSON, HTML of a front end, or cut short. Pure.
 */
import type { JsonObject } from '../notification.ts'
import { isJsonObject } from './merge-json.ts'

/** Reasons are kept per delivery and shown in lists; a service's own words are shorter. */
const MAX_REASON_CHARACTERS = 100

/** The body as a JSON object, or an empty one: HTML, plain text and halves of JSON say nothing that we can read. */
export function readJsonObject(body: string): JsonObject {
  try {
    const value = JSON.parse(body)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** The value as a reason, or null when it is no text or an empty one. */
export function readReason(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_REASON_CHARACTERS) : null
}

/** The reason of an answer that gave none. */
export function reasonOfStatus(status: number): string {
  return `http_${status}`
}
