/** What the audit log forgets, when, and what it says of it. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditLogOf } from '../../durable-objects/stubs.ts'
import { muteConsole } from '../console/overheard.ts'
import { DAY_MS, logObject, rowsOf, withoutLog } from './audit-logs.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('retention', () => {
  it('is changed in the operator’s log too, before it holds, and is a month at least', async () => {
    const path = `/v1/apps/${app.id}/settings`
    const shorten = (days: number, bindings: Partial<Env> = {}) =>
      call('PATCH', path, { bearer: app.admin, body: { audit_retention_days: days }, env: bindings })
    expect((await shorten(29)).body.param).toBe('/audit_retention_days')
    expect((await shorten(400)).status).toBe(200)
    muteConsole('error')
    const refused = await shorten(30, { AUDIT_LOG: withoutLog('operator') })
    expect([refused.status, refused.body.code]).toEqual([503, 'overloaded'])
    expect((await call('GET', path, { bearer: app.admin })).body.audit_retention_days).toBe(400)
    expect((await shorten(30)).status).toBe(200)
    expect(await rowsOf(ROOT, `target=${app.id}&action=auditRetentionChanged`)).toMatchObject([
      {
        outcome: 'noticed',
        actor: { kind: 'key', role: 'admin', id: expect.stringMatching(/^key_/) },
        origin: { request_id: expect.stringMatching(/^req_/) },
        before: { audit_retention_days: 400 },
        after: { audit_retention_days: 30 },
      },
    ])
  })

  it('that goes back and forth within a minute is refused, so that the operator’s log has the last word of it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 24, 12) })
    const statuses: number[] = []
    for (const audit_retention_days of [30, 400, 30]) {
      const path = `/v1/apps/${app.id}/settings`
      statuses.push((await call('PATCH', path, { bearer: app.admin, body: { audit_retention_days } })).status)
    }
    expect(statuses).toEqual([200, 200, 429])
    const [last] = await rowsOf(ROOT, `target=${app.id}&action=auditRetentionChanged`)
    expect(last?.after).toEqual({ audit_retention_days: 400 })
  })

  const prune = async (now: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now })
    while ((await runDurableObjectAlarm(logObject(app.id))) && (await dueSoon()));
  }
  const dueSoon = () =>
    runInDurableObject(logObject(app.id), async (_log, { storage }) => {
      const at = await storage.getAlarm()
      return at !== null && at - Date.now() < 1_000
    })

  it('takes away the oldest, keeps the rest a chain, and goes on with it', async () => {
    const startedAt = Date.now()
    const days = { audit_retention_days: 30 }
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: days })
    vi.useFakeTimers({ toFake: ['Date'], now: startedAt + 25 * DAY_MS })
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: {} })
    await prune(startedAt + 31 * DAY_MS)
    expect((await rowsOf(app.admin)).map(({ sequence }) => sequence)).toEqual([7, 6])
    const { anchor } = await auditLogOf(env, app.id).ends()
    expect(anchor.sequence).toBe(5)
    expect(await rowsOf(app.admin, 'action=auditPruned')).toMatchObject([
      { actor: { kind: 'system' }, outcome: 'noticed', after: anchor },
    ])
    await prune(startedAt + 56 * DAY_MS)
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: {} })
    expect((await rowsOf(app.admin)).map(({ sequence }) => sequence)).toEqual([9, 8, 7])
  })

  it('says once which rows go, before the first of them does, and no more when there is no act left', async () => {
    const { sequence } = (await call('GET', '/v1/audit/head', { bearer: app.admin })).body
    await runInDurableObject(logObject(app.id), (_log, { storage: { sql } }) => {
      const { record } = sql.exec<{ record: string }>('select record from entry where sequence = ?', sequence).one()
      const [from, to] = [sequence + 1, sequence + 2_500]
      for (let next = from; next <= to; next++) {
        const more = JSON.stringify({ ...JSON.parse(record), sequence: next })
        sql.exec('insert into entry (sequence, record) values (?, ?)', next, more)
      }
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 401 * DAY_MS })
    const kept: number[] = []
    do {
      await runDurableObjectAlarm(logObject(app.id))
      expect(await rowsOf(app.admin, 'action=auditPruned')).toMatchObject([{ after: { sequence: sequence + 2_500 } }])
      const { anchor, head } = await auditLogOf(env, app.id).ends()
      kept.push(head.sequence - anchor.sequence)
    } while (await dueSoon())
    expect(kept).toEqual([sequence + 1_501, sequence + 501, 1])
    await prune(Date.now() + 401 * DAY_MS)
    expect(await rowsOf(app.admin)).toHaveLength(1)
  })

  it('is what it was when the app is deleted: the log outlives the app, and then nothing of it is left', async () => {
    const startedAt = Date.now()
    const days = { audit_retention_days: 30 }
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: days })
    await prune(startedAt + 1000)
    expect((await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })).status).toBe(204)
    expect(await rowsOf(ROOT, `target=${app.id}&action=deleteApp`)).toMatchObject([{ before: { name: 'Weather' } }])
    await prune(startedAt + 29 * DAY_MS)
    expect(await rowsOf(ROOT, `app=${app.id}`)).toHaveLength(5)
    await prune(startedAt + 31 * DAY_MS)
    expect((await call('GET', `/v1/audit?app=${app.id}`, { bearer: ROOT })).status).toBe(404)
    const kept = await runInDurableObject(logObject(app.id), (_log, { storage }) => [...storage.kv.list()])
    expect(kept).toEqual([])
  })
})
