/**
 * The chain of the audit log. Each row carries the hash of the one before it and its own, so a row that is changed,
 * taken out, put in or moved breaks the chain there. Shared by the object that writes it and by the command that
 * verifies an export. Pure: the digest and the clock are arguments.
 *
 * A row's hash is the SHA-256, in hex, of the row's canonical JSON (RFC 8785) without its `hash`. Frozen: rows that are
 * written are verified by it for as long as they are kept.
 */
import type { AuditActor, AuditEntry, AuditOrigin, AuditOutcome } from './audit-entry.ts'
import { canonicalJson } from './canonical-json.ts'
import type { JsonObject } from './notification.ts'

/** SHA-256 of a text in UTF-8, as 64 digits of lower-case hex. */
export type Sha256Hex = (text: string) => string

/** A place in a chain: the row with this number had this hash. */
export interface ChainPlace {
  readonly sequence: number
  readonly hash: string
}

/** Before the first row. */
export const BEGINNING: ChainPlace = { sequence: 0, hash: '0'.repeat(64) }

/** A row as it is kept, answered and exported. */
export type AuditRow = {
  readonly sequence: number
  /** Whose log it is: the app, or `operator`. */
  readonly log: string
  /** RFC 3339, UTC. Never before the row before it. */
  readonly at: string
  readonly action: string
  readonly target: string | null
  readonly actor: AuditActor
  readonly origin: AuditOrigin
  readonly outcome: AuditOutcome
  readonly status: number | null
  readonly code: string | null
  readonly before: JsonObject | null
  readonly after: JsonObject | null
  readonly previous_hash: string
  readonly hash: string
}

/** The hash that a row must have. */
export function hashOf(row: JsonObject | AuditRow, sha256: Sha256Hex): string {
  const { hash: _hash, ...hashed } = row
  return sha256(canonicalJson(hashed as JsonObject))
}

/** What stands at the end of a log. */
export interface ChainEnd extends ChainPlace {
  /** Epoch ms of the last row; a clock that was set back does not turn the log around. */
  readonly at: number
}

/** The row that follows. @param now epoch ms */
export function nextRow(log: string, end: ChainEnd, entry: AuditEntry, now: number, sha256: Sha256Hex): AuditRow {
  const { action, target, actor, origin, outcome, status, code, before, after } = entry
  const unhashed = {
    sequence: end.sequence + 1,
    log,
    at: new Date(Math.max(now, end.at)).toISOString(),
    ...{ action, target, actor, origin, outcome, status, code, before, after },
    previous_hash: end.hash,
    hash: '',
  }
  return { ...unhashed, hash: hashOf(unhashed, sha256) }
}
