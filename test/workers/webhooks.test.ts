/** Webhooks as an app sets them up: in D1 and the API as they are. How events travel is test/delivery/webhooks.test.ts. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { outboxOf } from '../../durable-objects/stubs.ts'
import { makeWebhookEvent } from '../../push/webhook-event.ts'
import { openWebhook, readWebhook } from '../../schema/d1/webhooks.ts'
import { removeDeletedApps } from '../../workers/jobs/remove-deleted-apps.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

const good = { url: 'https://hooks.example.com/fanfare', events: ['notification.completed', 'device.retired'] }
const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/
const NOBODYS = '0'.repeat(29)

const path = (id = '') => `/v1/apps/${app.id}/webhooks${id === '' ? '' : `/${id}`}`
const make = async (body: object = good) => (await call('POST', path(), { bearer: app.admin, body })).body
const secretsOf = async (id: string, now = Date.now()) =>
  (await openWebhook(env.DB, [env.CREDENTIALS_KEY!], app.id, id, now))?.secrets

describe('a webhook', () => {
  it('is made, read, listed, changed and deleted', async () => {
    const made = await call('POST', path(), { bearer: app.admin, body: { ...good, description: 'Billing' } })
    expect(made.status).toBe(201)
    const { secret, ...shown } = made.body
    expect(secret).toMatch(SECRET)
    expect(shown).toEqual({
      ...good,
      id: expect.stringMatching(/^wh_[0-9a-z]{29}$/),
      description: 'Billing',
      enabled: true,
      disabled_reason: null,
      disabled_at: null,
      previous_secret_expires_at: null,
      created_at: expect.any(String),
    })
    expect((await call('GET', path(shown.id), { bearer: app.admin })).body).toEqual(shown)
    expect((await call('GET', path(), { bearer: ROOT })).body).toEqual({ data: [shown], next_cursor: null })
    const change = { enabled: false, events: ['dead_letter.created'], description: null }
    const changed = await call('PATCH', path(shown.id), { bearer: app.admin, body: change })
    expect([changed.status, changed.body]).toEqual([200, { ...shown, ...change }])
    expect((await call('DELETE', path(shown.id), { bearer: app.admin })).status).toBe(204)
    expect((await call('GET', path(shown.id), { bearer: app.admin })).status).toBe(404)
  })

  it('is listed in pages, in the order they were made', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push((await make()).id)
    const first = (await call('GET', `${path()}?limit=2`, { bearer: app.admin })).body
    const rest = (await call('GET', `${path()}?limit=2&cursor=${first.next_cursor}`, { bearer: app.admin })).body
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(ids.toSorted())
    expect(rest.next_cursor).toBeNull()
  })

  it.each([
    ['no URL', { events: good.events }, 'validation_failed', '/url'],
    ['no event', { ...good, events: [] }, 'validation_failed', '/events'],
    ['an event nobody knows', { ...good, events: ['device.born'] }, 'validation_failed', '/events/0'],
    ['a test among the events', { ...good, events: ['webhook.test'] }, 'validation_failed', '/events/0'],
    ['an event twice', { ...good, events: ['quota.warning', 'quota.warning'] }, 'validation_failed', '/events'],
    ['a secret of its own', { ...good, secret: 'whsec_AAAA' }, 'validation_failed', '/secret'],
    ['a URL over http', { ...good, url: 'http://hooks.example.com/' }, 'webhook_url_not_allowed', '/url'],
    ['a private URL', { ...good, url: 'https://169.254.169.254/' }, 'webhook_url_not_allowed', '/url'],
  ])('is refused with %s', async (_what, body, code, param) => {
    const made = await call('POST', path(), { bearer: app.admin, body })
    expect([made.status, made.body.code, made.body.param]).toEqual([400, code, param])
    const { id } = await make()
    if (code === 'webhook_url_not_allowed') {
      const changed = await call('PATCH', path(id), { bearer: app.admin, body: { url: (body as typeof good).url } })
      expect([changed.status, changed.body.code, changed.body.param]).toEqual([400, code, param])
    }
  })

  it('is one of twenty at most', async () => {
    await Promise.all(Array.from({ length: 20 }, () => make()))
    const another = await call('POST', path(), { bearer: app.admin, body: good })
    expect([another.status, another.body.code]).toEqual([409, 'too_many_webhooks'])
  })

  it('may be where the operator says, wherever that is', async () => {
    const body = { ...good, url: 'http://127.0.0.1:9/x' }
    const named = { WEBHOOK_ALLOWED_HOSTS: '127.0.0.1:9' }
    expect((await call('POST', path(), { bearer: app.admin, body, env: named })).status).toBe(201)
    expect((await call('POST', path(), { bearer: app.admin, body })).status).toBe(400)
  })

  it('needs the key that seals its secret', async () => {
    const without = await call('POST', path(), { bearer: app.admin, body: good, env: { CREDENTIALS_KEY: '' } })
    expect([without.status, without.body.code]).toEqual([503, 'credentials_key_missing'])
  })
})

describe('the secret of a webhook', () => {
  it('is shown once, and is not in the database to be read', async () => {
    const { id, secret } = await make()
    for (const answer of [
      await call('GET', path(id), { bearer: app.admin }),
      await call('GET', path(), { bearer: ROOT }),
    ])
      expect(answer.text).not.toContain('whsec_')
    const row = await env.DB.prepare('select * from webhook where id = ?').bind(id).first()
    expect(Buffer.from(row!.sealed as ArrayBuffer).toString('latin1')).not.toContain('whsec_')
    expect(await secretsOf(id)).toEqual([secret])
  })

  it('is rotated: both sign until the overlap is over', async () => {
    const { id, secret } = await make()
    const rotated = await call('POST', `${path(id)}/secret`, { bearer: app.admin, body: { overlap_seconds: 60 } })
    expect([rotated.status, rotated.body.secret]).toEqual([200, expect.stringMatching(SECRET)])
    const until = Date.parse(rotated.body.previous_secret_expires_at)
    expect(await secretsOf(id, until - 1)).toEqual([rotated.body.secret, secret])
    expect(await secretsOf(id, until)).toEqual([rotated.body.secret])
  })

  it('does not open for another webhook', async () => {
    const [one, other] = [await make(), await make()]
    await env.DB.prepare('update webhook set sealed = (select sealed from webhook where id = ?) where id = ?')
      .bind(one.id, other.id)
      .run()
    await expect(secretsOf(other.id)).rejects.toThrow(/does not open/)
  })
})

describe('a disabled webhook', () => {
  it.each(['test', `deliveries/whd_${NOBODYS}/replay`, 'deliveries/replay'])('takes no %s', async (what) => {
    const { id } = await make({ ...good, enabled: false })
    const body = what === 'deliveries/replay' ? { since: '2026-01-01T00:00:00Z' } : undefined
    const answer = await call('POST', `${path(id)}/${what}`, { bearer: app.admin, body })
    expect([answer.status, answer.body.code]).toEqual([409, 'webhook_disabled'])
  })
})

describe("another app's webhook", () => {
  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/secret'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['GET', `/deliveries/whd_${NOBODYS}`],
    ['POST', `/deliveries/whd_${NOBODYS}/replay`],
    ['POST', '/deliveries/replay'],
  ])('is not there: %s %s', async (method, rest) => {
    const { id } = await make()
    const other = await makeApp()
    const body = method === 'GET' || method === 'DELETE' ? undefined : { since: '2026-01-01T00:00:00Z' }
    const valid = rest === '/deliveries/replay' ? body : method === 'PATCH' || rest === '/secret' ? {} : undefined
    for (const appId of [app.id, other.id]) {
      const foreign = await call(method, `/v1/apps/${appId}/webhooks/${id}${rest}`, {
        bearer: other.admin,
        body: valid,
      })
      expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found'])
    }
    expect((await call('GET', path(id), { bearer: app.admin })).status).toBe(200)
  })
})

describe('a deleted app', () => {
  it('leaves neither webhooks nor an outbox', async () => {
    const { id } = await make()
    const event = await makeWebhookEvent({ type: 'webhook.test', at: Date.now(), key: 'once', data: {} })
    const { delivery } = await outboxOf(env, app.id).emitTo(id, event)
    expect(await outboxOf(env, app.id).find(id, delivery.id)).not.toBeNull()
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    expect(await readWebhook(env.DB, app.id, id)).toBeNull()
    await removeDeletedApps(env, Date.now())
    expect(await outboxOf(env, app.id).find(id, delivery.id)).toBeNull()
  })
})
