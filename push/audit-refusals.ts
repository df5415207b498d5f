/**
 * Attempts that were refused, gathered by caller: a flood of them is one row a minute. Pure.
 */
import type { AuditActor, AuditEntry, AuditSource } from './audit-entry.ts'

/** The action of the row that sums them up. */
const ACTION = 'refusedAttempts'

/** What one caller tried and may not do. */
export interface Refusals extends AuditSource {
  /** How often, by the call's operationId. */
  readonly calls: Readonly<Record<string, number>>
}

/**
 * Who is counted together. A key by itself; all devices, and all tokens, because there are as many of them as somebody
 * registers or mints.
 */
export function refusedActor(actor: AuditActor): AuditActor {
  return actor.kind === 'key' ? actor : { kind: actor.kind, id: null, name: null, role: null, user_id: null }
}

/** The same in a word. */
export function refusedName({ kind, id }: AuditActor): string {
  return id === null ? kind : `${kind} ${id}`
}

/** Both together; from where is that of the first. @param earlier null: there were none */
export function addRefusals(earlier: Refusals | null, later: Refusals): Refusals {
  if (earlier === null) return later
  const calls = { ...earlier.calls }
  for (const [call, times] of Object.entries(later.calls)) calls[call] = (calls[call] ?? 0) + times
  return { ...earlier, calls }
}

/** The row's worth of them. */
export function refusalsEntry({ actor, origin, calls }: Refusals): AuditEntry {
  const attempts = Object.values(calls).reduce((sum, times) => sum + times, 0)
  const result = { outcome: 'refused', status: null, code: null, before: null, after: { attempts, calls } } as const
  return { action: ACTION, target: null, actor, origin, ...result }
}
