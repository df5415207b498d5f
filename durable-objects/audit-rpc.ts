/** What callers and an AuditLog say to each other. Types only. */
import type { AuditRow, ChainPlace } from '../push/audit-chain.ts'
import type { AuditEntry, AuditIntent, AuditResult } from '../push/audit-entry.ts'
import type { Refusals } from '../push/audit-refusals.ts'
import type { JsonObject } from '../push/notification.ts'
import type { EntryFilter } from '../schema/audit/entries.ts'

/** What came of an act, and what it is about where that was not known before. */
export interface AuditEnding extends AuditResult {
  readonly target: string | null
}

export interface AuditQuery extends EntryFilter {
  /** Epoch ms; null: from the oldest on. */
  readonly from: number | null
  /** Epoch ms, not included; null: up to the newest. */
  readonly to: number | null
  /** Only rows before this number; null: all. */
  readonly before: number | null
  readonly limit: number
}

export interface AuditPage {
  readonly data: AuditRow[]
  /** `before` of the next page; null: this was the last. */
  readonly nextBefore: number | null
}

/** Where a log begins and ends: the place up to which it was pruned, and its last row. */
export interface AuditEnds {
  readonly anchor: ChainPlace
  /** `at`: epoch ms; null: nothing was ever written. */
  readonly head: ChainPlace & { readonly at: number | null }
}

/** Told besides an entry. */
export interface AuditParts {
  /** What may be in the log once only; null: this is new. */
  readonly once: string | null
  /** Joins `after` if the app wants what was sent in its log. */
  readonly payload: JsonObject | null
}

export interface AuditCalls {
  begin(id: string, intent: AuditIntent): Promise<void>
  /** False: nothing with that id has begun, or it has ended. */
  finish(id: string, ending: AuditEnding): Promise<boolean>
  /** False: it is there already. */
  record(entry: AuditEntry, parts: AuditParts): Promise<boolean>
  refuse(refusals: Refusals): Promise<void>
  page(query: AuditQuery): Promise<AuditPage>
  ends(): Promise<AuditEnds>
  /** Rows after one, up to and including another, each as JSON; as many as fit an answer. */
  records(after: number, upTo: number): Promise<string[]>
}
