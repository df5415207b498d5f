/**
 * Credentials in D1: sealed on the way in, opened on the way out. Nobody else sees the sealed bytes.
 */
import { and, asc, eq, sql } from 'drizzle-orm'
import { type Credential, type PublicCredential, publicPartOf } from '../../push/credential.ts'
import { openCredential, sealCredential } from '../../push/credential-encryption.ts'
import type { Platform } from '../../push/device.ts'
import { credentialTable } from './credential-table.ts'
import { drizzle } from './drizzle.ts'

/**
 * Stores a credential in place of the one before. Answers its version.
 *
 * @param how the master key, `now` in epoch ms, and a fresh initialization vector
 * @throws MasterKeyError
 */
export async function writeCredential(
  db: D1Database,
  appId: string,
  credential: Credential,
  how: { readonly masterKey: string; readonly now: number; readonly iv: Uint8Array<ArrayBuffer> },
): Promise<number> {
  const owner = { appId, platform: credential.platform }
  const bytes = await sealCredential(how.masterKey, owner, credential, how.iv)
  const row = { sealed: bytes.buffer, shown: publicPartOf(credential), updatedAt: how.now }
  // The clock makes a version that no deleted credential had; adding one keeps it growing within a millisecond.
  const [written] = await drizzle(db)
    .insert(credentialTable)
    .values({ ...owner, ...row, version: how.now })
    .onConflictDoUpdate({
      target: [credentialTable.appId, credentialTable.platform],
      set: { ...row, version: sql`max(excluded.version, ${credentialTable.version} + 1)` },
    })
    .returning({ version: credentialTable.version })
  return written!.version
}

/** @param masterKeys those that may have sealed it @throws MasterKeyError, SealError */
export async function readCredential(
  db: D1Database,
  masterKeys: readonly string[],
  appId: string,
  platform: Platform,
): Promise<{ version: number; credential: Credential } | null> {
  const [row] = await drizzle(db).select().from(credentialTable).where(thatCredential(appId, platform))
  if (row === undefined) return null
  const sealed = new Uint8Array(row.sealed)
  return { version: row.version, credential: await openCredential(masterKeys, { appId, platform }, sealed) }
}

/** The platforms the app can push to. */
export async function listCredentialPlatforms(db: D1Database, appId: string): Promise<Platform[]> {
  const { platform } = credentialTable
  const rows = await drizzle(db).select({ platform }).from(credentialTable).where(eq(credentialTable.appId, appId))
  return rows.map((row) => row.platform)
}

/** What may be shown of the app's credentials; `updatedAt` in epoch ms. Needs no key. */
export async function listPublicCredentials(
  db: D1Database,
  appId: string,
): Promise<{ shown: PublicCredential; updatedAt: number }[]> {
  const { shown, updatedAt, platform } = credentialTable
  const ofApp = eq(credentialTable.appId, appId)
  return drizzle(db).select({ shown, updatedAt }).from(credentialTable).where(ofApp).orderBy(asc(platform))
}

/** Whether there was one to delete. */
export async function deleteCredential(db: D1Database, appId: string, platform: Platform): Promise<boolean> {
  const deleted = await drizzle(db).delete(credentialTable).where(thatCredential(appId, platform)).returning()
  return deleted.length > 0
}

function thatCredential(appId: string, platform: Platform) {
  return and(eq(credentialTable.appId, appId), eq(credentialTable.platform, platform))
}
