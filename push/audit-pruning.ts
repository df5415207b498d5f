/**
 * The row by which a log says that it forgets: up to which other row, before any of them is gone. So the beginning of a
 * log is where the log itself says that it is, and whoever cuts one off would have to say so in the chain. Pure.
 */
import type { ChainPlace } from './audit-chain.ts'
import { type AuditEntry, NOWHERE, SYSTEM } from './audit-entry.ts'
import type { JsonObject } from './notification.ts'
import { isJsonObject } from './providers/merge-json.ts'

/** The action of that row. Frozen, as its details are: rows that are written are verified by them. */
export const PRUNED = 'auditPruned'

/** @param last the last of the rows that go */
export function prunedEntry({ sequence, hash }: ChainPlace): AuditEntry {
  const result = { outcome: 'noticed', status: null, code: null, before: null } as const
  return { action: PRUNED, target: null, actor: SYSTEM, origin: NOWHERE, ...result, after: { sequence, hash } }
}

/** Up to where rows go, as a row says that holds; null: it says no such thing. */
export function prunedIn({ action, after }: JsonObject): ChainPlace | null {
  if (action !== PRUNED || !isJsonObject(after)) return null
  const { sequence, hash } = after
  return typeof sequence === 'number' && typeof hash === 'string' ? { sequence, hash } : null
}
