/**
 * Attempts that were refused, gathered by caller: a flood of them is one row a minute. Of whoever may not do something,
 * and of acts whose request was at fault: nothing was done, and what was asked for is up to the caller. Pure.
 */
import { type AuditActor, type AuditEntry, type AuditSource, boundedAddress } from './audit-entry.ts'

/** The action of the row that sums them up. */
const ACTION = 'refusedAttempts'

/** Enough to see that there is more than one place; who has thousands of addresses does not fill a row with them. */
const MOST_ADDRESSES = 10
const OTHERS = 'others'
const UNKNOWN = 'unknown'

/** How often, by name. */
type Counts = Readonly<Record<string, number>>

/** What one caller tried in vain. From where is that of the first. */
export interface Refusals extends AuditSource {
  /** By the call's operationId. */
  readonly calls: Counts
  /** By the code of the problem that was answered. */
  readonly codes: Counts
  /** By where it came from; of the eleventh on together. */
  readonly addresses: Counts
}

/** One of them. */
export function refusalOf({ actor, origin }: AuditSource, call: string, code: string | null): Refusals {
  const addresses = { [boundedAddress(origin.ip) ?? UNKNOWN]: 1 }
  return { actor: refusedActor(actor), origin, calls: { [call]: 1 }, codes: { [code ?? UNKNOWN]: 1 }, addresses }
}

/**
 * Who is counted together. A key by itself; all devices, and all tokens, because there are as many of them as somebody
 * registers or mints.
 */
function refusedActor(actor: AuditActor): AuditActor {
  return actor.kind === 'key' ? actor : { kind: actor.kind, id: null, name: null, role: null, user_id: null }
}

/** The same in a word. */
export function refusedName({ kind, id }: AuditActor): string {
  return id === null ? kind : `${kind} ${id}`
}

/** Both together. @param earlier null: there were none */
export function addRefusals(earlier: Refusals | null, later: Refusals): Refusals {
  if (earlier === null) return later
  return {
    ...earlier,
    calls: addCounts(earlier.calls, later.calls),
    codes: addCounts(earlier.codes, later.codes),
    addresses: addCounts(earlier.addresses, later.addresses, MOST_ADDRESSES),
  }
}

/** @param most names that are counted by themselves */
function addCounts(earlier: Counts, later: Counts, most = Number.POSITIVE_INFINITY): Counts {
  const sum = new Map(Object.entries(earlier))
  for (const [name, times] of Object.entries(later)) {
    const counted = sum.has(name) || sum.size < most ? name : OTHERS
    sum.set(counted, (sum.get(counted) ?? 0) + times)
  }
  return Object.fromEntries(sum)
}

/** The row's worth of them. */
export function refusalsEntry({ actor, origin, ...counts }: Refusals): AuditEntry {
  const attempts = Object.values(counts.calls).reduce((sum, times) => sum + times, 0)
  const after = { attempts, ...counts }
  return {
    action: ACTION,
    target: null,
    actor,
    origin,
    outcome: 'refused',
    status: null,
    code: null,
    before: null,
    after,
  }
}
