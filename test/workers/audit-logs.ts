/** How tests read audit logs, look into their objects, and take them away. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import type { AuditRow } from '../../push/audit-chain.ts'
import { call } from './calling.ts'

export const DAY_MS = 24 * 60 * 60_000

/** From the newest to the oldest. */
export async function rowsOf(bearer: string, query = ''): Promise<AuditRow[]> {
  const { status, body } = await call('GET', `/v1/audit?limit=500&${query}`, { bearer })
  expect(status).toBe(200)
  return body.data
}

export const logObject = (appId: string) => env.AUDIT_LOG.getByName(appId)

/** The binding where one log does not answer, and the others do. */
export function withoutLog(name: string): Env['AUDIT_LOG'] {
  const down = () => Promise.reject(new Error('overloaded'))
  const broken = { begin: down, finish: down, record: down, refuse: down }
  const getByName = (asked: string) => (asked === name ? broken : env.AUDIT_LOG.getByName(asked))
  return { getByName } as never
}

/** Whose refused attempts a log is counting. */
export async function countedIn(log: string): Promise<string[]> {
  const counted = await runInDurableObject(logObject(log), (_log, { storage }) =>
    storage.sql.exec<{ actor: string }>('select actor from refusal').toArray(),
  )
  return counted.map(({ actor }) => actor)
}

/** Until what is told after an answer has arrived. */
export async function rowOf(bearer: string, query: string): Promise<AuditRow> {
  return await vi.waitFor(async () => {
    const [row] = await rowsOf(bearer, query)
    expect(row).toBeDefined()
    return row!
  }, 5_000)
}
