/** Who did what: every act has an entry, also when whoever does it dies; and nobody else's, and no secret. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../durable-objects/audit-event.ts'
import { AuditLog } from '../../durable-objects/audit-log.ts'
import { auditLogOf } from '../../durable-objects/stubs.ts'
import type { AuditRow } from '../../push/audit-chain.ts'
import { NOWHERE, SYSTEM } from '../../push/audit-entry.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

const HEX_16 = /^[0-9a-f]{16}$/
const DAY_MS = 24 * 60 * 60_000

beforeEach(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function rowsOf(bearer: string, query = ''): Promise<AuditRow[]> {
  const { status, body } = await call('GET', `/v1/audit?limit=500&${query}`, { bearer })
  expect(status).toBe(200)
  return body.data
}

/** The binding where one log does not answer, and the others do. */
function withoutLog(name: string): Env['AUDIT_LOG'] {
  const down = () => Promise.reject(new Error('overloaded'))
  const broken = { begin: down, finish: down, record: down, refuse: down }
  const getByName = (asked: string) => (asked === name ? broken : env.AUDIT_LOG.getByName(asked))
  return { getByName } as never
}

const logObject = (appId: string) => env.AUDIT_LOG.getByName(appId)

/** Whose refused attempts a log is counting. */
async function countedIn(log: string): Promise<string[]> {
  const counted = await runInDurableObject(logObject(log), (_log, { storage }) =>
    storage.sql.exec<{ actor: string }>('select actor from refusal').toArray(),
  )
  return counted.map(({ actor }) => actor)
}

/** Until what is told after an answer has arrived. */
async function rowOf(bearer: string, query: string): Promise<AuditRow> {
  return await vi.waitFor(async () => {
    const [row] = await rowsOf(bearer, query)
    expect(row).toBeDefined()
    return row!
  }, 5_000)
}

describe('an act', () => {
  it('is in the log when it is answered: who, what, from where, before and after', async () => {
    const from = { 'User-Agent': 'ops/1', 'CF-Connecting-IP': '192.0.2.7', 'X-Request-Id': 'mine' }
    const body = { sign_messages: true }
    const path = `/v1/apps/${app.id}/settings`
    const { headers } = await call('PATCH', path, { bearer: app.admin, body, headers: from })
    const [row] = await rowsOf(app.admin)
    expect(row).toMatchObject({
      log: app.id,
      action: 'changeSettings',
      target: app.id,
      actor: { kind: 'key', id: expect.stringMatching(/^key_/), role: 'admin' },
      origin: { ip: '192.0.2.7', user_agent: 'ops/1', request_id: headers.get('X-Request-Id') },
      outcome: 'done',
      status: 200,
      code: null,
      before: { sign_messages: false, redact_payload: true },
      after: { sign_messages: true, redact_payload: true },
    })
    expect(Math.abs(Date.parse(row!.at) - Date.now())).toBeLessThan(60_000)
  })

  it('of the operator in an app is in the log of the app, and of no app in his own', async () => {
    const made = (await rowsOf(app.admin)).filter(({ action }) => action === 'createKey')
    expect(made.map(({ actor }) => actor.kind)).toEqual(['root', 'root', 'root', 'root'])
    expect(await rowsOf(ROOT, `target=${app.id}`)).toMatchObject([
      { log: 'operator', action: 'createApp', after: { id: app.id, name: 'Weather' } },
    ])
    const path = `/v1/apps/app_${'0'.repeat(29)}/settings`
    expect((await call('PATCH', path, { bearer: ROOT, body: {} })).status).toBe(404)
    await vi.waitFor(async () => expect(await countedIn('operator')).toContain('root'), 8_000)
  })

  it('that is refused, or has a body that nobody can read, is counted: nothing was done', async () => {
    const headers = { 'CF-Connecting-IP': '192.0.2.7' }
    const cancel = `/v1/notifications/ntf_${'0'.repeat(29)}/cancel`
    for (let i = 0; i < 5; i++) await call('POST', cancel, { bearer: app.admin, headers })
    await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: '{' })
    expect(await rowsOf(app.admin, 'actor=key')).toEqual([])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60_000 })
    await runDurableObjectAlarm(logObject(app.id))
    expect(await rowsOf(app.admin, 'actor=key')).toMatchObject([
      {
        action: 'refusedAttempts',
        target: null,
        after: {
          attempts: 6,
          calls: { cancelNotification: 5, createKey: 1 },
          codes: { not_found: 5, bad_json: 1 },
          addresses: { '192.0.2.7': 5, unknown: 1 },
        },
      },
    ])
  })

  it('that changes where a webhook leads shows that it did, and not where', async () => {
    const webhooks = `/v1/apps/${app.id}/webhooks`
    const url = (path: string) => `https://hooks.example.com/services/${path}`
    const body = { url: url('ours'), events: ['device.retired'] }
    const { id } = (await call('POST', webhooks, { bearer: app.admin, body })).body
    await call('PATCH', `${webhooks}/${id}`, { bearer: app.admin, body: { url: url('theirs') } })
    const [{ before, after }] = (await rowsOf(app.admin, `target=${id}&action=changeWebhook`)) as [AuditRow]
    expect([before?.host, after?.host]).toEqual(['hooks.example.com', 'hooks.example.com'])
    expect([before?.url_sha256, after?.url_sha256]).toEqual([expect.stringMatching(HEX_16), expect.any(String)])
    expect(after?.url_sha256).not.toBe(before?.url_sha256)
  })

  it('that the log does not take is not done', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const answer = await call('PATCH', `/v1/apps/${app.id}/settings`, {
      bearer: app.admin,
      body: { sign_messages: true },
      env: { AUDIT_LOG: withoutLog(app.id) },
    })
    expect([answer.status, answer.body.code, answer.headers.get('Retry-After')]).toEqual([503, 'overloaded', '5'])
    const settings = await call('GET', `/v1/apps/${app.id}/settings`, { bearer: app.admin })
    expect(settings.body.sign_messages).toBe(false)
  })

  it('that only stops something is done though the log does not take it, and told afterwards', async () => {
    const cut = () => Promise.reject(new Error('overloaded'))
    const deaf = { getByName: (name: string) => Object.assign(auditLogOf(env, name), { begin: cut }) }
    const keys = `/v1/apps/${app.id}/keys`
    const made = async () => (await call('POST', keys, { bearer: ROOT, body: { role: 'sender' } })).body
    const [first, second] = [await made(), await made()]
    const revoke = (id: string, AUDIT_LOG: Env['AUDIT_LOG']) =>
      call('DELETE', `${keys}/${id}`, { bearer: app.admin, env: { AUDIT_LOG } })
    expect((await revoke(first.id, deaf as never)).status).toBe(204)
    expect((await call('GET', '/v1/topics', { bearer: first.key })).status).toBe(401)
    const row = await rowOf(app.admin, `target=${first.id}&action=revokeKey`)
    expect(row).toMatchObject({ outcome: 'done', actor: { kind: 'key', role: 'admin' }, after: { id: first.id } })
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect((await revoke(second.id, withoutLog(app.id))).status).toBe(204)
    await vi.waitFor(() => {
      const what = expect.objectContaining({ action: 'revokeKey', target: second.id, actor: 'key' })
      expect(said).toHaveBeenCalledWith('an act is not in the audit log', what)
    })
  })

  it('whose isolate dies before it is finished is unknown, once, and a late end changes nothing', async () => {
    const source = {
      actor: { kind: 'root', id: null, name: null, role: null, user_id: null },
      origin: { ip: null, country: null, asn: null, user_agent: null, request_id: 'req_dead' },
    } as const
    await auditLogOf(env, app.id).begin('act', { action: 'createKey', target: null, ...source })
    await evictDurableObject(logObject(app.id))
    expect((await rowsOf(app.admin)).some(({ origin }) => origin.request_id === 'req_dead')).toBe(false)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 })
    await runDurableObjectAlarm(logObject(app.id))
    await runDurableObjectAlarm(logObject(app.id))
    const ending = { outcome: 'done', status: 201, code: null, target: null, before: null, after: null } as const
    expect(await auditLogOf(env, app.id).finish('act', ending)).toBe(false)
    const rows = (await rowsOf(app.admin)).filter(({ origin }) => origin.request_id === 'req_dead')
    expect(rows).toMatchObject([{ action: 'createKey', outcome: 'unknown', status: null }])
  })

  it('of a device that changes itself is traffic; of a backend that changes the device it is an act', async () => {
    const registered = await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })
    const { id, device_key } = registered.body
    await call('PATCH', `/v1/devices/${id}`, { bearer: device_key, body: { locale: 'fr' } })
    await call('PATCH', `/v1/devices/${id}`, { bearer: app.sender, body: { locale: 'de', attributes: { plan: 'x' } } })
    expect(await rowsOf(app.admin, `target=${id}`)).toMatchObject([
      {
        action: 'changeDevice',
        actor: { role: 'sender' },
        before: { locale: 'fr' },
        after: { changed: ['locale', 'attributes'], locale: 'de' },
      },
    ])
    const next = { locale: 'de', user_id: 'ada@example.org', token: fcmDevice().token }
    await call('PATCH', `/v1/devices/${id}`, { bearer: app.sender, body: next })
    const [row] = await rowsOf(app.admin, `target=${id}`)
    expect([row?.before, row?.after]).toEqual([{}, { changed: ['token', 'user_id'] }])
  })

  it('says what was lost: how many a topic reached, which secret was replaced', async () => {
    const device = await call('POST', '/v1/devices', { bearer: app.client, body: { ...fcmDevice(), topics: ['news'] } })
    expect(device.status).toBe(201)
    await call('DELETE', '/v1/topics/news', { bearer: app.admin })
    const rotate = () => call('POST', `/v1/apps/${app.id}/secrets/links/rotate`, { bearer: app.admin })
    await rotate()
    const { id } = (await rotate()).body
    const [second, first] = await rowsOf(app.admin, 'action=rotateAppSecret')
    expect(first?.after?.id).toEqual(expect.any(String))
    expect([second?.before, second?.after]).toMatchObject([{ id: first?.after?.id, retired_at: null }, { id }])
    expect((await rowsOf(app.admin, 'action=deleteTopic'))[0]).toMatchObject({
      target: 'news',
      before: { subscribers: 1 },
    })
  })
})

describe('a send', () => {
  const send = (headers?: Record<string, string>) =>
    call('POST', '/v1/notifications', {
      bearer: app.sender,
      body: { to: { topic: 'news' }, title: 'Hello', body: 'A secret of ours', data: { k: 'v' } },
      headers,
    })

  it('is in the log soon after its answer, once however often it is told, and without what it said', async () => {
    const { body } = await send({ 'Idempotency-Key': 'k' })
    const row = await rowOf(app.admin, `target=${body.id}`)
    expect(row).toMatchObject({
      action: 'sendNotification',
      actor: { kind: 'key', role: 'sender' },
      outcome: 'done',
      status: 202,
      after: { to: { topic: 'news' }, priority: 'normal' },
    })
    expect(JSON.stringify(row)).not.toContain('secret of ours')
    await send({ 'Idempotency-Key': 'k' })
    const { sequence: _sequence, log: _log, at: _at, hash: _hash, previous_hash: _previous, ...entry } = row
    await auditLogOf(env, app.id).record(entry, { once: body.id, payload: null })
    expect(await rowsOf(app.admin, `target=${body.id}`)).toHaveLength(1)
  })

  it('is told by the alarm when the log did not answer, and by an object that was stopped meanwhile', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(AuditLog.prototype, 'record').mockRejectedValueOnce(new Error('overloaded'))
    const { body } = await send()
    await vi.waitFor(() => {
      expect(log).toHaveBeenCalledWith(expect.stringContaining('not in the audit log'), expect.anything())
    })
    expect(await rowsOf(app.admin, `target=${body.id}`)).toEqual([])
    const stub = env.NOTIFICATION.getByName(`${app.id}/${body.id.slice(13)}`)
    await evictDurableObject(stub)
    await runDurableObjectAlarm(stub)
    expect(await rowOf(app.admin, `target=${body.id}`)).toMatchObject({ action: 'sendNotification' })
  })

  it('is in the log with what it said when the app says so', async () => {
    await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: { redact_payload: false } })
    const { body } = await send()
    const row = await rowOf(app.admin, `target=${body.id}`)
    expect(row.after?.message).toMatchObject({ title: 'Hello', body: 'A secret of ours', data: { k: 'v' } })
  })

  it('costs its log two billed rows, and an act’s row one', async () => {
    const insert = 'insert into entry (sequence, once, record) values (?, ?, ?)'
    const billed = await runInDurableObject(logObject(app.id), (_log, { storage: { sql } }) =>
      ['ntf_1', null].map((once, index) => sql.exec(insert, 1_000 + index, once, '{}').rowsWritten),
    )
    expect(billed).toEqual([2, 1])
  })

  it('that is canceled is an act of its own', async () => {
    const sendAt = new Date(Date.now() + 60 * 60_000).toISOString()
    const body = { to: { topic: 'news' }, title: 'Later', send_at: sendAt }
    const { id } = (await call('POST', '/v1/notifications', { bearer: app.sender, body })).body
    await call('POST', `/v1/notifications/${id}/cancel`, { bearer: app.admin })
    expect(await rowsOf(app.admin, 'action=cancelNotification')).toMatchObject([
      { target: id, actor: { role: 'admin' }, after: { status: 'canceled' } },
    ])
  })
})

describe('an event that is no call', () => {
  it('is noticed, in the log of the app or the operator’s, and once if it may be there once', async () => {
    const details = { country: 'FR' }
    const event = {
      action: 'keyUsedUnusually',
      target: 'key_1',
      actor: SYSTEM,
      origin: NOWHERE,
      details,
      once: 'key_1 FR',
    }
    for (const log of [app.id, app.id, null]) await audit(env, log, event)
    const noticed = { action: 'keyUsedUnusually', outcome: 'noticed', status: null, after: details }
    expect(await rowsOf(app.admin, 'actor=system')).toMatchObject([{ log: app.id, ...noticed }])
    expect(await rowsOf(ROOT, 'actor=system')).toMatchObject([{ log: 'operator', ...noticed }])
  })
})

describe('refused attempts', () => {
  it('of a key that we know are one row a minute, however many they are', async () => {
    for (let i = 0; i < 20; i++) {
      const headers = { 'CF-Connecting-IP': i === 7 ? '203.0.113.9' : '192.0.2.7' }
      await call('POST', '/v1/notifications', { bearer: app.client, body: {}, headers })
    }
    await call('GET', '/v1/audit', { bearer: app.sender })
    const stub = logObject(app.id)
    await vi.waitFor(async () => expect(await countedIn(app.id)).toHaveLength(2), 8_000)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60_000 })
    await runDurableObjectAlarm(stub)
    const rows = await rowsOf(app.admin, 'action=refusedAttempts')
    expect(rows.map(({ actor, after }) => [actor.role, after]).toSorted()).toEqual([
      [
        'client',
        {
          attempts: 20,
          calls: { sendNotification: 20 },
          codes: { forbidden: 20 },
          addresses: { '192.0.2.7': 19, '203.0.113.9': 1 },
        },
      ],
      ['sender', { attempts: 1, calls: { listAudit: 1 }, codes: { forbidden: 1 }, addresses: { unknown: 1 } }],
    ])
  })

  it('of a key that was revoked are counted too', async () => {
    const path = `/v1/apps/${app.id}/keys`
    const made = await call('POST', path, { bearer: ROOT, body: { role: 'sender', name: 'leaked' } })
    await call('DELETE', `${path}/${made.body.id}`, { bearer: ROOT })
    expect((await call('GET', '/v1/topics', { bearer: made.body.key })).status).toBe(401)
    await vi.waitFor(async () => expect(await countedIn(app.id)).toEqual([`key ${made.body.id}`]), 8_000)
  })
})

describe('GET /v1/audit', () => {
  it('finds by actor, action, target, outcome and time, and pages from the newest to the oldest', async () => {
    const change = (sign_messages: boolean) =>
      call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body: { sign_messages } })
    for (let i = 0; i < 5; i++) await change(i % 2 === 0)
    const all = await rowsOf(app.admin)
    expect(all.map(({ sequence }) => sequence)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(await rowsOf(app.admin, 'actor=root')).toHaveLength(4)
    expect(await rowsOf(app.admin, `actor=${all[0]!.actor.id}`)).toHaveLength(5)
    expect(await rowsOf(app.admin, 'action=changeSettings&outcome=done')).toHaveLength(5)
    expect(await rowsOf(app.admin, 'outcome=failed')).toEqual([])
    const from = new Date(Date.parse(all[4]!.at)).toISOString()
    expect((await rowsOf(app.admin, `from=${from}`)).length).toBeGreaterThanOrEqual(5)
    expect(await rowsOf(app.admin, `to=${all.at(-1)!.at}`)).toEqual([])
    const pages: number[][] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `/v1/audit?limit=2&actor=key${cursor}`, { bearer: app.admin })
      pages.push(body.data.map(({ sequence }: AuditRow) => sequence))
      cursor = body.next_cursor && `&cursor=${body.next_cursor}`
    } while (cursor)
    expect(pages.flat()).toEqual([9, 8, 7, 6, 5])
    expect((await call('GET', '/v1/audit?cursor=x', { bearer: app.admin })).body.code).toBe('invalid_cursor')
  })

  it('is for admins of the app and for the operator, and never another app’s', async () => {
    const other = await makeApp()
    for (const path of ['/v1/audit', '/v1/audit/export', '/v1/audit/head']) {
      for (const role of ['sender', 'analyst', 'client'] as const) {
        expect((await call('GET', path, { bearer: app[role] })).status).toBe(403)
      }
      expect((await call('GET', `${path}?app=${other.id}`, { bearer: app.admin })).status).toBe(404)
      expect((await call('GET', `${path}?app=${app.id}`, { bearer: app.admin })).status).toBe(200)
      expect((await call('GET', `${path}?app=${app.id}`, { bearer: ROOT })).status).toBe(200)
      expect((await call('GET', `${path}?app=app_${'0'.repeat(29)}`, { bearer: ROOT })).status).toBe(404)
    }
    expect((await rowsOf(app.admin)).every(({ log }) => log === app.id)).toBe(true)
  })
})

describe('retention', () => {
  it('is changed in the operator’s log too, before it holds, and is a month at least', async () => {
    const path = `/v1/apps/${app.id}/settings`
    const shorten = (days: number, bindings: Partial<Env> = {}) =>
      call('PATCH', path, { bearer: app.admin, body: { audit_retention_days: days }, env: bindings })
    expect((await shorten(29)).body.param).toBe('/audit_retention_days')
    expect((await shorten(400)).status).toBe(200)
    vi.spyOn(console, 'error').mockImplementation(() => {})
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
