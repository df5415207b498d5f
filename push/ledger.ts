/**
 * Arithmetic of the ledger. Pure: sets of ordinals and counts. The rows live in schema/ledger.ts.
 *
 * The invariant, for every notification at every moment:
 * `targeted = pending + accepted + unregistered + failed + suppressed + expired + canceled`.
 */
import { SETTLED_STATUSES, type SettledStatus } from './outcome.ts'

/** The object that holds a ledger: a topic's shard, or the notification itself. */
export type LedgerKind = 'shard' | 'notification'

/** Counts of recipients by what became of them. */
export type LedgerCounts = { targeted: number; pending: number } & Record<SettledStatus, number>

export function emptyCounts(): LedgerCounts {
  return { targeted: 0, pending: 0, accepted: 0, unregistered: 0, failed: 0, suppressed: 0, expired: 0, canceled: 0 }
}

/** Adds `b` to `a` in place and returns `a`. */
export function addCounts(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  for (const key of Object.keys(b) as (keyof LedgerCounts)[]) a[key] += b[key]
  return a
}

/** Whether the invariant holds. */
export function balances(counts: LedgerCounts): boolean {
  let settled = counts.pending
  for (const status of SETTLED_STATUSES) settled += counts[status]
  return settled === counts.targeted && Object.values(counts).every((count) => count >= 0)
}

/**
 * Which ordinals of a ticket are settled, one bit each. The only thing written for a successful delivery, and
 * it is one small value a ticket.
 */
export class OrdinalSet {
  readonly bits: Uint8Array

  constructor(bits: Uint8Array) {
    this.bits = bits
  }

  /** @param size how many ordinals there are */
  static ofSize(size: number): OrdinalSet {
    return new OrdinalSet(new Uint8Array((size + 7) >> 3))
  }

  has(ordinal: number): boolean {
    return ((this.bits[ordinal >> 3] ?? 0) & (1 << (ordinal & 7))) !== 0
  }

  /** Adds the ordinal; false when it was there already or is out of range. */
  add(ordinal: number): boolean {
    const index = ordinal >> 3
    const mask = 1 << (ordinal & 7)
    const byte = this.bits[index]
    if (byte === undefined || (byte & mask) !== 0) return false
    this.bits[index] = byte | mask
    return true
  }

  get count(): number {
    let count = 0
    for (let byte of this.bits) {
      for (; byte !== 0; byte &= byte - 1) count++
    }
    return count
  }
}
