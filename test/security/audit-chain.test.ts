/**
 * The audit log of a real app, tampered with in its own storage by somebody who has the database, and exported: the
 * verifier of `npm run audit:verify` finds it.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AuditRow, type ChainPlace, hashOf, nextRow } from '../../push/audit-chain.ts'
import { prunedEntry } from '../../push/audit-pruning.ts'
import { beginVerification, verifyEnd, verifyLine } from '../../push/audit-verification.ts'
import { call, makeApp } from '../workers/calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

beforeEach(async () => {
  app = await makeApp()
  for (const sign_messages of [true, false]) {
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: { sign_messages } })
  }
})

/** Six rows: four keys that were made, two changes of the settings. */
async function exported(): Promise<string[]> {
  const { status, text } = await call('GET', '/v1/audit/export', { bearer: app.admin })
  expect(status).toBe(200)
  return text.trimEnd().split('\n')
}

async function verdict(noted: ChainPlace | null = null): Promise<string | null> {
  let known = beginVerification(noted)
  for (const line of await exported()) {
    const next = verifyLine(known, line, sha256)
    if ('broken' in next) return next.broken
    known = next
  }
  return verifyEnd(known)?.broken ?? null
}

async function noteHead(): Promise<ChainPlace> {
  const { sequence, hash } = (await call('GET', '/v1/audit/head', { bearer: app.admin })).body
  return { sequence, hash }
}

async function tamper(how: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(env.AUDIT_LOG.getByName(app.id), (_log, { storage }) => how(storage.sql))
}

function rowAt(sql: SqlStorage, sequence: number): AuditRow {
  return JSON.parse(sql.exec<{ record: string }>('select record from entry where sequence = ?', sequence).one().record)
}

function rewrite(sql: SqlStorage, sequence: number, change: (row: AuditRow) => AuditRow): void {
  const changed = JSON.stringify(change(rowAt(sql, sequence)))
  sql.exec('update entry set record = ? where sequence = ?', changed, sequence)
}

describe('an audit log', () => {
  it('that nobody touched holds, from its anchor to its head', async () => {
    expect(await exported()).toHaveLength(8)
    expect(await verdict(await noteHead())).toBeNull()
  })

  it.each<[string, (sql: SqlStorage) => void, string]>([
    [
      'with another actor in a row',
      (sql) => rewrite(sql, 5, (row) => ({ ...row, actor: { ...row.actor, id: 'key_of_somebody_else' } })),
      'Row 5 was changed',
    ],
    [
      'with a row changed and hashed anew',
      (sql) =>
        rewrite(sql, 3, (row) => {
          const changed = { ...row, target: 'key_of_somebody_else' }
          return { ...changed, hash: hashOf(changed, sha256) }
        }),
      'Row 4 does not follow row 3',
    ],
    ['with a row deleted', (sql) => sql.exec('delete from entry where sequence = 4'), 'row 4 is missing'],
    [
      'with a row deleted and the rest moved up',
      (sql) => {
        sql.exec('delete from entry where sequence = 4')
        for (const sequence of [5, 6]) {
          rewrite(sql, sequence, (row) => ({ ...row, sequence: sequence - 1 }))
          sql.exec('update entry set sequence = ? where sequence = ?', sequence - 1, sequence)
        }
      },
      'Row 4 does not follow row 3',
    ],
    [
      'with two rows in each other’s place',
      (sql) => {
        for (const [from, to] of [
          [2, 20],
          [3, 2],
          [20, 3],
        ] as const) {
          sql.exec('update entry set sequence = ? where sequence = ?', to, from)
        }
      },
      'row 2 is missing',
    ],
    [
      'with a row put in at its end',
      (sql) => {
        const row = { ...rowAt(sql, 6), sequence: 7 }
        sql.exec('insert into entry (sequence, record) values (7, ?)', JSON.stringify(row))
      },
      'Row 7 does not follow row 6',
    ],
  ])('%s is found, and where', async (_what, how, found) => {
    await tamper(how)
    expect(await verdict()).toContain(found)
  })

  /** Takes its first rows away, and says that it begins there, as the log itself does when it forgets. */
  async function cutBeginning(upTo: number): Promise<void> {
    await runInDurableObject(env.AUDIT_LOG.getByName(app.id), (_log, { storage }) => {
      const row = rowAt(storage.sql, upTo)
      storage.kv.put('anchor', { sequence: upTo, hash: row.hash, at: Date.parse(row.at) })
      storage.sql.exec('delete from entry where sequence <= ?', upTo)
    })
  }

  it('that was cut off at its beginning is found: it does not say itself that it begins there', async () => {
    const noted = await noteHead()
    await cutBeginning(4)
    expect(await verdict()).toContain('its beginning was cut off')
    expect(await verdict(noted)).toContain('its beginning was cut off')
  })

  it('that was cut off at its beginning and made to say so has a row of it, which nobody takes out again', async () => {
    const cut = (await exported())[4]!
    await tamper((sql) => {
      const { sequence, hash, at } = rowAt(sql, 6)
      const row = nextRow(app.id, { sequence, hash, at: Date.parse(at) }, prunedEntry(JSON.parse(cut)), 0, sha256)
      sql.exec('insert into entry (sequence, record) values (7, ?)', JSON.stringify(row))
    })
    await cutBeginning(4)
    expect(await verdict()).toBeNull()
    const { body } = await call('GET', '/v1/audit?action=auditPruned', { bearer: app.admin })
    expect(body.data).toMatchObject([{ sequence: 7, actor: { kind: 'system' }, after: { sequence: 4 } }])
    await tamper((sql) => sql.exec('delete from entry where sequence = 7'))
    expect(await verdict()).toContain('its beginning was cut off')
  })

  it('that was cut off at its end is found by the head that somebody noted', async () => {
    const noted = await noteHead()
    await tamper((sql) => sql.exec('delete from entry where sequence > 4'))
    expect(await verdict()).toBeNull()
    expect(await verdict(noted)).toContain('its end was cut off')
  })

  it('that was written anew, hashes and all, is found by the head that somebody noted', async () => {
    const noted = await noteHead()
    await tamper((sql) => {
      let previous_hash = '0'.repeat(64)
      for (const sequence of [1, 2, 3, 4, 5, 6]) {
        rewrite(sql, sequence, (row) => {
          const forged = { ...row, origin: { ...row.origin, ip: '203.0.113.1' }, previous_hash }
          previous_hash = hashOf(forged, sha256)
          return { ...forged, hash: previous_hash }
        })
      }
    })
    expect(await verdict()).toBeNull()
    expect(await verdict(noted)).toContain('written anew')
  })
})
