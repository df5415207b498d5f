/** Whom an app has attest its clients, with the secret to ask with: sealed on the way in, opened on the way out. */
import { eq } from 'drizzle-orm'
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Attestation, AttestationProvider } from '../../push/attestation.ts'
import { type SealLabel, seal, unseal } from '../../push/sealing.ts'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). */
export const attestationTable = sqliteTable('attestation', {
  appId: text('app_id').primaryKey(),
  provider: text('provider').$type<AttestationProvider>().notNull(),
  /** The provider's secret, see push/sealing.ts. */
  sealed: blob('sealed').$type<ArrayBuffer>().notNull(),
  updatedAt: integer('updated_at').notNull(),
})

/** @param how the master key, `now` in epoch ms, and a fresh initialization vector @throws MasterKeyError */
export async function writeAttestation(
  db: D1Database,
  appId: string,
  { provider, secret }: Attestation,
  how: { readonly masterKey: string; readonly now: number; readonly iv: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const plaintext = new Uint8Array(new TextEncoder().encode(secret))
  const sealed = (await seal(how.masterKey, sealLabelOf(appId), plaintext, how.iv)).buffer
  const row = { provider, sealed, updatedAt: how.now }
  await drizzle(db)
    .insert(attestationTable)
    .values({ appId, ...row })
    .onConflictDoUpdate({ target: attestationTable.appId, set: row })
}

/** Null: the app asks for none. @throws MasterKeyError, SealError */
export async function readAttestation(
  db: D1Database,
  masterKeys: readonly string[],
  appId: string,
): Promise<Attestation | null> {
  const [row] = await drizzle(db).select().from(attestationTable).where(eq(attestationTable.appId, appId))
  if (row === undefined) return null
  const bytes = await unseal(masterKeys, sealLabelOf(appId), new Uint8Array(row.sealed))
  return { provider: row.provider, secret: new TextDecoder().decode(bytes) }
}

/** What may be shown; `updatedAt` in epoch ms. */
export interface DescribedAttestation {
  readonly provider: AttestationProvider
  readonly updatedAt: number
}

/** Null: the app asks for none. Needs no key. */
export async function describeAttestation(db: D1Database, appId: string): Promise<DescribedAttestation | null> {
  const { provider, updatedAt } = attestationTable
  const rows = await drizzle(db)
    .select({ provider, updatedAt })
    .from(attestationTable)
    .where(eq(attestationTable.appId, appId))
  return rows[0] ?? null
}

/** Whether there was one. */
export async function deleteAttestation(db: D1Database, appId: string): Promise<boolean> {
  return (await drizzle(db).delete(attestationTable).where(eq(attestationTable.appId, appId)).returning()).length > 0
}

/** What a stored secret is sealed with. */
export function sealLabelOf(appId: string): SealLabel {
  return { appId, use: 'attestation' }
}
