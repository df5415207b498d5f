/**
 * Verifies an exported audit log line by line: an anchor that says where it begins, its rows, and the head that says
 * where it ends. Trusts nothing of what it reads. Pure: a line and what is known so far in, what is known now or what is
 * wrong out.
 */
import { BEGINNING, type ChainPlace, hashOf, type Sha256Hex } from './audit-chain.ts'
import { prunedIn } from './audit-pruning.ts'
import type { JsonObject } from './notification.ts'

/** What is known after some lines. */
export interface Verification {
  /** Whose log it is; null: no line was read. */
  readonly log: string | null
  /** The last row that holds, or the anchor. */
  readonly last: ChainPlace
  readonly lastAt: string
  /** Rows that hold. */
  readonly rows: number
  /** The head was read: nothing may follow. */
  readonly ended: boolean
  /** Where the rows begin: rows up to there are not in the export. */
  readonly anchor: ChainPlace
  /** Up to which rows the log itself says that it has forgotten, and when it said so; null: it has not said yet. */
  readonly pruned: (ChainPlace & { readonly at: string }) | null
  /** A head that somebody noted before, and whether the log still says the same there. */
  readonly noted: ChainPlace | null
  readonly notedHolds: boolean
}

/** The first thing that is wrong. */
export interface Broken {
  readonly broken: string
}

/** @param noted a head from another time and another place; only with one can rows be missed that the end lost */
export function beginVerification(noted: ChainPlace | null): Verification {
  const nothing = { log: null, last: BEGINNING, lastAt: '', rows: 0, ended: false, anchor: BEGINNING, pruned: null }
  return { ...nothing, noted, notedHolds: noted === null }
}

/** Takes the next line. */
export function verifyLine(known: Verification, line: string, sha256: Sha256Hex): Verification | Broken {
  const value = parseObject(line)
  if (value === null) return broken(known, 'is not a JSON object')
  if (known.ended) return broken(known, 'comes after the head, which is the last line of an export')
  if (known.log === null) return verifyAnchor(known, value)
  return isObject(value.head) ? verifyHead(known, value.head) : verifyRow(known, value, sha256)
}

/** After the last line. Null: everything holds. */
export function verifyEnd(known: Verification): Broken | null {
  const { log, ended, last, noted, notedHolds } = known
  if (log === null) return { broken: 'The export is empty.' }
  if (!ended) return { broken: `The export is cut off after row ${last.sequence}: its last line must be the head.` }
  if (!isForgotten(known)) {
    const { sequence } = known.anchor
    return {
      broken: `The log begins after row ${sequence}, and no row says that it was to: its beginning was cut off.`,
    }
  }
  if (notedHolds || noted === null) return null
  if (noted.sequence > last.sequence) {
    return { broken: `Row ${noted.sequence} was noted, and the log ends at row ${last.sequence}: its end was cut off.` }
  }
  return { broken: `Row ${noted.sequence} was noted, and the log begins after it: it cannot be compared any more.` }
}

function verifyAnchor(known: Verification, { anchor }: JsonObject): Verification | Broken {
  const place = isObject(anchor) ? placeOf(anchor) : null
  if (!isObject(anchor) || place === null || typeof anchor.log !== 'string') {
    return broken(known, 'must be the anchor, which is the first line of an export')
  }
  if (place.sequence === 0 && place.hash !== BEGINNING.hash)
    return broken(known, 'is no anchor: nothing is before row 1')
  return meet({ ...known, log: anchor.log, last: place, anchor: place })
}

/**
 * Whether the log itself says that the rows before its anchor go: all of them, or more when it is not done yet. A row
 * that names another hash than the anchor's is about another log.
 */
function isForgotten({ anchor, pruned }: Verification): boolean {
  if (anchor.sequence === 0) return true
  if (pruned === null || pruned.sequence < anchor.sequence) return false
  return pruned.sequence > anchor.sequence || pruned.hash === anchor.hash
}

function verifyRow(known: Verification, row: JsonObject, sha256: Sha256Hex): Verification | Broken {
  const { last, log, lastAt } = known
  const place = placeOf(row)
  if (place === null || typeof row.at !== 'string') return broken(known, 'is no row of an audit log')
  const { sequence } = place
  if (sequence !== last.sequence + 1) {
    return { broken: `Row ${last.sequence} is followed by row ${sequence}: ${orderFault(last.sequence, sequence)}.` }
  }
  if (row.log !== log) return { broken: `Row ${sequence} is of the log ${row.log}, not of ${log}.` }
  if (row.previous_hash !== last.hash) {
    return { broken: `Row ${sequence} does not follow row ${last.sequence} as it is here: one of the two was changed.` }
  }
  if (hashOf(row, sha256) !== place.hash)
    return { broken: `Row ${sequence} was changed: its hash is of something else.` }
  if (row.at < lastAt) return { broken: `Row ${sequence} is older than the row before it.` }
  const said = prunedIn(row)
  const pruned = said === null ? known.pruned : { ...said, at: row.at }
  return meet({ ...known, last: place, lastAt: row.at, rows: known.rows + 1, pruned })
}

function orderFault(before: number, sequence: number): string {
  if (sequence <= before) return 'a row was put in or moved'
  return sequence === before + 2 ? `row ${before + 1} is missing` : `rows ${before + 1} to ${sequence - 1} are missing`
}

function verifyHead(known: Verification, head: JsonObject): Verification | Broken {
  const place = placeOf(head)
  if (place?.sequence === known.last.sequence && place.hash === known.last.hash) return { ...known, ended: true }
  return { broken: `The head names row ${head.sequence}, and the last row here is ${known.last.sequence}.` }
}

/** Compares with what was noted where the log gets there. */
function meet(known: Verification): Verification | Broken {
  const { noted, last } = known
  if (noted?.sequence !== last.sequence) return known
  if (noted.hash === last.hash) return { ...known, notedHolds: true }
  return { broken: `Row ${last.sequence} is not the one that was noted: the log was written anew.` }
}

/** The line after the last row that holds. */
function broken({ log, rows }: Verification, what: string): Broken {
  return { broken: `Line ${log === null ? 1 : rows + 2} ${what}.` }
}

const HASH = /^[0-9a-f]{64}$/

function placeOf({ sequence, hash }: JsonObject): ChainPlace | null {
  const isPlace =
    typeof sequence === 'number' && Number.isSafeInteger(sequence) && typeof hash === 'string' && HASH.test(hash)
  return isPlace ? { sequence, hash } : null
}

function parseObject(line: string): JsonObject | null {
  try {
    const value = JSON.parse(line)
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
