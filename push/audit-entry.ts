/**
 * What the audit log says about one act: who, what, from where, and what came of it. Plain data and its bounds; where it
 * is kept is the AuditLog's business, how rows hang together is audit-chain.ts. The names are those of the wire, because
 * what is hashed is what everybody can read.
 */
import { canonicalJson } from './canonical-json.ts'
import type { Json, JsonObject } from './notification.ts'
import { maskSecrets } from './secret-shapes.ts'

/** Who: never the bearer itself. What does not apply is null. */
export type AuditActor = {
  /** `system`: Fanfare by itself. */
  readonly kind: 'root' | 'key' | 'token' | 'device' | 'system'
  /** Of a key or a device. */
  readonly id: string | null
  /** A key's name at the time. */
  readonly name: string | null
  readonly role: string | null
  /** The user that a token is bound to. */
  readonly user_id: string | null
}

/** From where. */
export type AuditOrigin = {
  readonly ip: string | null
  /** ISO 3166-1 alpha-2, as the edge says. */
  readonly country: string | null
  /** The number of the network (RFC 6793). */
  readonly asn: number | null
  readonly user_agent: string | null
  readonly request_id: string | null
}

/** Fanfare by itself: what cron or an alarm does. */
export const SYSTEM: AuditActor = { kind: 'system', id: null, name: null, role: null, user_id: null }
/** Where it does it. */
export const NOWHERE: AuditOrigin = { ip: null, country: null, asn: null, user_agent: null, request_id: null }

/** Who did it, from where. */
export interface AuditSource {
  readonly actor: AuditActor
  readonly origin: AuditOrigin
}

/** An act before anybody knows what comes of it. */
export interface AuditIntent extends AuditSource {
  /** The call's operationId, or the name of an event. */
  readonly action: string
  /** Id or name of what it is about. */
  readonly target: string | null
}

export const AUDIT_OUTCOMES = ['done', 'refused', 'failed', 'unknown', 'noticed'] as const

/**
 * `done`: answered with success. `refused`: the request was at fault and nothing was done. `failed`: we were at fault,
 * and a part may be done. `unknown`: it began and nobody said how it ended. `noticed`: no call, but something to know.
 */
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number]

/** What came of an act. */
export interface AuditResult {
  readonly outcome: AuditOutcome
  /** The HTTP status that was answered; null: no answer, or no call. */
  readonly status: number | null
  /** The code of the problem that was answered. */
  readonly code: string | null
  /** What it was and what it is now, where there is something to compare. Public parts only, never a secret. */
  readonly before: JsonObject | null
  readonly after: JsonObject | null
}

export interface AuditEntry extends AuditIntent, AuditResult {}

/** The longest address in text: IPv6 that ends in IPv4 (RFC 4291 §2.2). Off Cloudflare nobody else has looked at it. */
const MAX_ADDRESS_CHARACTERS = 45
/** Longer than any browser's; what follows says nothing new. */
const MAX_USER_AGENT_CHARACTERS = 256
/** Ids and names that callers choose; a topic's name has up to 900. */
const MAX_NAME_CHARACTERS = 1_000
/** More than any settings a person would write; an app's hundred longest origins would be. */
const MAX_DETAIL_CHARACTERS = 16_384

/** What is answered with this HTTP status. */
export function outcomeOf(status: number): AuditOutcome {
  if (status < 400) return 'done'
  return status < 500 ? 'refused' : 'failed'
}

/**
 * An entry whose size nobody outside decides, and without secrets in places that are not for them, such as a key that
 * became somebody's name: texts are cut, and what is too long in details gives way to its length.
 */
export function bounded(entry: AuditEntry): AuditEntry {
  // Before anything is cut: half a secret has no shape.
  const { origin, ...masked } = maskedIn(entry as unknown as JsonObject) as unknown as AuditEntry
  return {
    ...masked,
    target: cut(masked.target, MAX_NAME_CHARACTERS),
    origin: {
      ...origin,
      ip: boundedAddress(origin.ip),
      user_agent: cut(origin.user_agent, MAX_USER_AGENT_CHARACTERS),
      request_id: cut(origin.request_id, MAX_NAME_CHARACTERS),
    },
    before: boundedDetails(masked.before),
    after: boundedDetails(masked.after),
  }
}

/** As long as an address may be. */
export function boundedAddress(address: string | null): string | null {
  return cut(address, MAX_ADDRESS_CHARACTERS)
}

/** With every text masked that has a secret in it. */
function maskedIn(value: Json): Json {
  if (typeof value === 'string') return maskSecrets(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(maskedIn)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [maskSecrets(name), maskedIn(part)]))
}

/**
 * The longest fields give way to their length until the rest fits: next to a long one, what is short stays to be seen.
 * As a whole they give way only if there are too many of them.
 */
function boundedDetails(details: JsonObject | null): JsonObject | null {
  const excess = lengthOf(details) - MAX_DETAIL_CHARACTERS
  if (details === null || excess <= 0) return details
  const lengths = Object.entries(details).map(([name, value]) => [name, lengthOf(value)] as const)
  const gone = new Map<string, JsonObject>()
  let left = excess
  for (const [name, length] of lengths.toSorted(([, one], [, other]) => other - one)) {
    if (left <= 0) break
    gone.set(name, omitted(length))
    left -= length - lengthOf(omitted(length))
  }
  if (left > 0) return omitted(lengthOf(details))
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, gone.get(name) ?? value]))
}

function omitted(length: number): JsonObject {
  return { omitted_characters: length }
}

function lengthOf(value: Json): number {
  return canonicalJson(value).length
}

/** Whole characters: half a surrogate pair is no text. */
function cut(text: string | null, most: number): string | null {
  return text === null || text.length <= most ? text : text.slice(0, most).toWellFormed()
}
