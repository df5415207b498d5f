/** Who did what: every act has an entry, also when whoever does it dies; and nobody else's, and no secret. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../durable-objects/audit-event.ts'
import { AuditLog } from '../../durable-objects/audit-log.ts'
import { auditLogOf } from '../../durable-objects/stubs.ts'
import type { AuditRow } from '../../push/audit-chain.ts'
import { NOWHERE, SYSTEM } from '../../push/audit-entry.ts'
import { muteConsole } from '../console/overheard.ts'
import { countedIn, logObject, rowOf, rowsOf, withoutLog } from './audit-logs.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

const HEX_16 = /^[0-9a-f]{16}$/

beforeEach(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

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
    muteConsole('error')
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
    const said = muteConsole('error')
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
    const log = muteConsole('error')
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
