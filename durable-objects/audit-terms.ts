/**
 * What an app's settings say about its audit log. The log asks for itself, so that nobody who writes into it has to know.
 */
import { DEFAULT_SETTINGS } from '../push/app-settings.ts'
import { ExpiringMap } from '../push/expiring-map.ts'
import { readApp } from '../schema/d1/apps.ts'
import { directoryDatabase } from '../schema/databases.ts'
import { OPERATOR_LOG } from './stubs.ts'

export interface AuditTerms {
  readonly retentionDays: number
  /** Messages and recipients stay out. */
  readonly redact: boolean
  /** The app was deleted, or there never was one; then what its settings were is for the log to remember. */
  readonly isGone: boolean
}

/** As other settings: what was changed elsewhere holds five seconds later. */
const known = new ExpiringMap<AuditTerms>({ lifeMs: 5_000, most: 5_000 })

/** @param now epoch ms */
export async function readAuditTerms(env: Env, log: string, now: number): Promise<AuditTerms> {
  if (log === OPERATOR_LOG) return { retentionDays: Number(env.AUDIT_RETENTION_DAYS), redact: true, isGone: false }
  const kept = known.get(log, now)
  if (kept !== undefined) return kept
  const app = await readApp(directoryDatabase(env), log)
  const { auditRetentionDays: retentionDays, redactPayload: redact } = app?.settings ?? DEFAULT_SETTINGS
  const terms = { retentionDays, redact, isGone: app === null }
  known.set(log, terms, now)
  return terms
}
