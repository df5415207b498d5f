/**
 * The storage of one audit log: adds to its end, prunes its beginning, and keeps what is not in the chain yet. Everything
 * here is synchronous, so a row is found, hashed and written in one turn. Knows no alarm, no settings and no caller.
 */
import { createHash } from 'node:crypto'
import { BEGINNING, type ChainEnd, type ChainPlace, nextRow } from '../push/audit-chain.ts'
import { type AuditEntry, bounded } from '../push/audit-entry.ts'
import { PRUNED, prunedEntry } from '../push/audit-pruning.ts'
import { type Refusals, refusalOf, refusalsEntry, refusedName } from '../push/audit-refusals.ts'
import {
  dropEntries,
  firstSince,
  hasEntry,
  hasOtherThan,
  listEntries,
  putEntry,
  readBounds,
  readEntry,
  readRecords,
} from '../schema/audit/entries.ts'
import { listIntentsUntil, oldestIntentAt, takeIntent } from '../schema/audit/intents.ts'
import { countRefusals, oldestRefusalAt, takeRefusalsUntil } from '../schema/audit/refusals.ts'
import type { AuditEnding, AuditEnds, AuditPage, AuditQuery } from './audit-rpc.ts'

/** Rows that one turn takes away or adds: some tens of milliseconds. */
const ROWS_A_STEP = 1_000
/** Rows in one answer; the largest possible ones are 16 MB together, half of what a call may carry. */
const ROWS_AN_ANSWER = 250

const UNKNOWN = { outcome: 'unknown', status: null, code: null, before: null, after: null } as const

/** Rows that go. */
interface Pruning {
  /** The number of the last of them. */
  readonly upTo: number
  /** Epoch ms. */
  readonly announcedAt: number
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export class AuditTrail {
  private readonly storage: DurableObjectStorage
  private readonly log: string

  /** @param log its name, which is in every row */
  constructor(storage: DurableObjectStorage, log: string) {
    this.storage = storage
    this.log = log
  }

  /** Adds a row. @param once see schema/audit/tables.ts; what is there already is not added again: false */
  append(entry: AuditEntry, now: number, once: string | null = null): boolean {
    return this.storage.transactionSync(() => {
      if (once !== null && hasEntry(this.storage.sql, once)) return false
      putEntry(this.storage.sql, nextRow(this.log, this.end, bounded(entry), now, sha256), once)
      return true
    })
  }

  /** An act that had begun is over; one that was refused is counted, not a row. False: it is not open. */
  finish(id: string, { target, ...result }: AuditEnding, now: number): boolean {
    return this.storage.transactionSync(() => {
      const intent = takeIntent(this.storage.sql, id)
      if (intent === null) return false
      if (result.outcome === 'refused') this.countRefusals(refusalOf(intent, intent.action, result.code), now)
      else this.append({ ...intent, ...result, target: target ?? intent.target }, now)
      return true
    })
  }

  /** Acts that began so long ago that nobody will say how they ended. Answers whether there are more. */
  giveUpOn(begunUntil: number, now: number): boolean {
    const ids = listIntentsUntil(this.storage.sql, begunUntil, ROWS_A_STEP)
    for (const id of ids) this.finish(id, { ...UNKNOWN, target: null }, now)
    return ids.length === ROWS_A_STEP
  }

  countRefusals(refusals: Refusals, now: number): void {
    countRefusals(this.storage.sql, refusedName(refusals.actor), now, refusals)
  }

  /** Sums up, a row for each caller, what was counted since an instant or longer. */
  sumUpRefusals(begunUntil: number, now: number): void {
    this.storage.transactionSync(() => {
      for (const refusals of takeRefusalsUntil(this.storage.sql, begunUntil)) this.append(refusalsEntry(refusals), now)
    })
  }

  /**
   * Says in the chain which rows go, for all that are older than an instant: {@link prune} takes them away. Only when an
   * act is among them: for rows alone that say this it would never end.
   */
  announcePruning(before: number, now: number): void {
    this.storage.transactionSync(() => {
      const { sql } = this.storage
      const end = firstSince(sql, before)
      if (!hasOtherThan(sql, PRUNED, end)) return
      const { sequence, hash } = readEntry(sql, end - 1)!
      this.append(prunedEntry({ sequence, hash }), now)
      this.storage.kv.put<Pruning>('pruning', { upTo: sequence, announcedAt: now })
    })
  }

  /** When rows were last said to go, in epoch ms. */
  get pruningAnnouncedAt(): number {
    return this.pruning.announcedAt
  }

  /** Takes away some of the rows that were said to go, and keeps the place up to which it did. Answers whether there are more. */
  prune(): boolean {
    return this.storage.transactionSync(() => {
      const { sql } = this.storage
      const { upTo } = this.pruning
      const gone = this.prunedTo.sequence
      if (gone >= upTo) return false
      const { sequence, hash, at } = readEntry(sql, Math.min(upTo, gone + ROWS_A_STEP))!
      this.storage.kv.put<ChainEnd>('anchor', { sequence, hash, at: Date.parse(at) })
      dropEntries(sql, sequence)
      return sequence < upTo
    })
  }

  page({ from, to, before, limit, ...filter }: AuditQuery): AuditPage {
    const { sql } = this.storage
    const bounds = readBounds(sql)
    if (bounds === null) return { data: [], nextBefore: null }
    const first = from === null ? bounds.first : firstSince(sql, from)
    const end = to === null ? bounds.last + 1 : firstSince(sql, to)
    const { rows, nextBefore } = listEntries(sql, filter, { from: first, before: Math.min(before ?? end, end), limit })
    return { data: rows, nextBefore }
  }

  ends(): AuditEnds {
    const { at, ...head } = this.end
    return { anchor: this.anchor, head: { ...head, at: head.sequence === 0 ? null : at } }
  }

  records(after: number, upTo: number): string[] {
    return readRecords(this.storage.sql, after, upTo, ROWS_AN_ANSWER)
  }

  /** Whether anything is kept that will be taken away some day. */
  get hasActs(): boolean {
    return hasOtherThan(this.storage.sql, PRUNED)
  }

  /** When the oldest open act began, and the oldest count. Null: there is none. */
  get openSince(): { readonly intent: number | null; readonly refusal: number | null } {
    return { intent: oldestIntentAt(this.storage.sql), refusal: oldestRefusalAt(this.storage.sql) }
  }

  private get anchor(): ChainPlace {
    const { sequence, hash } = this.prunedTo
    return { sequence, hash }
  }

  private get prunedTo(): ChainEnd {
    return this.storage.kv.get<ChainEnd>('anchor') ?? { ...BEGINNING, at: 0 }
  }

  private get pruning(): Pruning {
    return this.storage.kv.get<Pruning>('pruning') ?? { upTo: 0, announcedAt: 0 }
  }

  private get end(): ChainEnd {
    const last = readBounds(this.storage.sql)?.last
    if (last === undefined) return this.prunedTo
    const { sequence, hash, at } = readEntry(this.storage.sql, last)!
    return { sequence, hash, at: Date.parse(at) }
  }
}
