/** Credentials: checked at the door, sealed in D1, never shown again. */
import { env } from 'cloudflare:workers'
import { exportPKCS8, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeVapidKeys } from '../../push/providers/webpush/vapid.ts'
import { SealError } from '../../push/sealing.ts'
import { readCredential } from '../../schema/d1/credentials.ts'
import { call, makeApp, ROOT } from './calling.ts'

let app: Awaited<ReturnType<typeof makeApp>>
let rsa: string
let p256: string

beforeAll(async () => {
  app = await makeApp()
  rsa = await exportPKCS8((await generateKeyPair('RS256', { extractable: true })).privateKey)
  p256 = await exportPKCS8((await generateKeyPair('ES256', { extractable: true })).privateKey)
})

const account = (change = {}) => ({
  type: 'service_account',
  project_id: 'weather-4711',
  private_key_id: 'abc123',
  private_key: rsa,
  client_email: 'push@weather-4711.iam.gserviceaccount.com',
  client_id: '1234',
  universe_domain: 'googleapis.com',
  ...change,
})
const apns = (change = {}) => ({
  team_id: 'A1B2C3D4E5',
  key_id: 'K9J8H7G6F5',
  private_key: p256,
  bundle_id: 'com.example.weather',
  environment: 'sandbox',
  ...change,
})
const put = (platform: string, body: unknown, options = {}) =>
  call('PUT', `/v1/apps/${app.id}/credentials/${platform}`, { bearer: app.admin, body, ...options })

describe('setting a credential', () => {
  it('takes Google’s JSON as it is and answers its public part', async () => {
    const { status, body } = await put('fcm', { service_account: account() })
    expect(status).toBe(200)
    expect(body).toEqual({
      platform: 'fcm',
      project_id: 'weather-4711',
      client_email: 'push@weather-4711.iam.gserviceaccount.com',
      private_key_id: 'abc123',
      updated_at: expect.stringMatching(/Z$/),
      status: 'ok',
      paused_reason: null,
      paused_at: null,
    })
  })

  it('takes Apple’s key', async () => {
    const { status, body } = await put('apns', apns())
    expect(status).toBe(200)
    expect(body).toMatchObject({
      team_id: 'A1B2C3D4E5',
      key_id: 'K9J8H7G6F5',
      bundle_id: 'com.example.weather',
      environment: 'sandbox',
    })
  })

  it('makes a VAPID pair when there is none, and keeps it when only the subject changes', async () => {
    const made = await put('webpush', { subject: 'mailto:push@example.com' })
    expect(made.status).toBe(200)
    expect(made.body.public_key).toMatch(/^B[A-Za-z0-9_-]{86}$/)
    const again = await put('webpush', { subject: 'https://example.com/contact' })
    expect(again.body).toMatchObject({ subject: 'https://example.com/contact', public_key: made.body.public_key })
  })

  it('takes a VAPID pair', async () => {
    const { publicKey, privateKey } = await makeVapidKeys()
    const body = { subject: 'mailto:push@example.com', public_key: publicKey, private_key: privateKey }
    expect((await put('webpush', body)).body.public_key).toBe(publicKey)
    const padded = { ...body, public_key: `${publicKey}=`, private_key: `${privateKey}=` }
    expect((await put('webpush', padded)).body.public_key).toBe(publicKey)
  })

  it.each([
    [
      'fcm',
      'a key that is no PEM',
      () => ({ service_account: account({ private_key: 'secret' }) }),
      'invalid_credential',
      '/service_account/private_key',
    ],
    [
      'fcm',
      'a key of the wrong kind',
      () => ({ service_account: account({ private_key: p256 }) }),
      'invalid_credential',
      '/service_account/private_key',
    ],
    [
      'fcm',
      'the JSON of another kind of account',
      () => ({ service_account: account({ type: 'authorized_user' }) }),
      'validation_failed',
      '/service_account/type',
    ],
    [
      'fcm',
      'a JSON without its project',
      () => ({ service_account: account({ project_id: undefined }) }),
      'validation_failed',
      '/service_account/project_id',
    ],
    ['fcm', 'the JSON without its wrapper', () => account(), 'validation_failed', '/service_account'],
    ['apns', 'a key of the wrong kind', () => apns({ private_key: rsa }), 'invalid_credential', '/private_key'],
    ['apns', 'a team id of nine characters', () => apns({ team_id: 'A1B2C3D4E' }), 'validation_failed', '/team_id'],
    ['apns', 'a key id in lower case', () => apns({ key_id: 'k9j8h7g6f5' }), 'validation_failed', '/key_id'],
    ['apns', 'another environment', () => apns({ environment: 'development' }), 'validation_failed', '/environment'],
    ['apns', 'an unknown field', () => apns({ topic: 'x' }), 'validation_failed', '/topic'],
    ['webpush', 'a subject that is no URI', () => ({ subject: 'push@example.com' }), 'validation_failed', '/subject'],
    ['webpush', 'an http subject', () => ({ subject: 'http://example.com' }), 'validation_failed', '/subject'],
    [
      'webpush',
      'half a pair',
      () => ({ subject: 'mailto:a@b.example', public_key: 'B' }),
      'validation_failed',
      '/public_key',
    ],
  ] as const)('%s: refuses %s', async (platform, _what, body, code, param) => {
    const answer = await put(platform, body())
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, code, param])
    expect(answer.text).not.toContain('PRIVATE KEY')
  })

  it('refuses two VAPID keys that are not a pair', async () => {
    const [one, two] = [await makeVapidKeys(), await makeVapidKeys()]
    const body = { subject: 'mailto:a@b.example', public_key: one.publicKey, private_key: two.privateKey }
    const answer = await put('webpush', body)
    expect([answer.status, answer.body.param]).toEqual([400, '/private_key'])
    expect(answer.text).not.toContain(two.privateKey)
  })
})

describe('a stored credential', () => {
  it('is listed without its secret, and can be deleted', async () => {
    const mine = await makeApp()
    const path = `/v1/apps/${mine.id}/credentials`
    await call('PUT', `${path}/apns`, { bearer: mine.admin, body: apns() })
    await call('PUT', `${path}/fcm`, { bearer: mine.admin, body: { service_account: account() } })
    const list = await call('GET', path, { bearer: mine.admin })
    expect(list.body.data.map((row: { platform: string }) => row.platform)).toEqual(['apns', 'fcm'])
    expect(list.text).not.toContain('private_key"')
    expect((await call('DELETE', `${path}/apns`, { bearer: mine.admin })).status).toBe(204)
    expect((await call('DELETE', `${path}/apns`, { bearer: mine.admin })).status).toBe(404)
    expect((await call('DELETE', `${path}/sms`, { bearer: mine.admin })).body.param).toBe('platform')
  })

  it('is in D1 only sealed', async () => {
    await put('apns', apns())
    const row = await env.DB.prepare("select sealed, shown from credential where app_id = ? and platform = 'apns'")
      .bind(app.id)
      .first<{ sealed: number[]; shown: string }>()
    const bytes = String.fromCharCode(...(row?.sealed ?? []))
    expect(row?.sealed[0]).toBe(2)
    for (const text of [bytes, row?.shown ?? '']) {
      expect(text).not.toContain('PRIVATE KEY')
      expect(text).not.toContain(p256.split('\n')[1])
    }
  })

  it('opens for its own app and platform only', async () => {
    const keys = [env.CREDENTIALS_KEY!]
    const other = await makeApp('Chess')
    await put('apns', apns())
    expect((await readCredential(env.DB, keys, app.id, 'apns'))?.credential).toMatchObject({
      teamId: 'A1B2C3D4E5',
      privateKey: p256,
    })
    await env.DB.prepare(
      'insert into credential select ?, platform, version, sealed, shown, updated_at from credential where app_id = ?',
    )
      .bind(other.id, app.id)
      .run()
    await expect(readCredential(env.DB, keys, other.id, 'apns')).rejects.toThrow(SealError)
  })

  it('has a version that grows with every change, also after it was deleted', async () => {
    const version = async () => (await readCredential(env.DB, [env.CREDENTIALS_KEY!], app.id, 'fcm'))?.version ?? 0
    await put('fcm', { service_account: account() })
    const first = await version()
    await put('fcm', { service_account: account() })
    const second = await version()
    expect(second).toBeGreaterThan(first)
  })
})

describe('CREDENTIALS_KEY', () => {
  it.each([
    ['is missing', undefined, 'credentials_key_missing'],
    ['is empty', '', 'credentials_key_missing'],
    ['is too short', btoa('short'), 'credentials_key_invalid'],
    ['is no base64', '!'.repeat(44), 'credentials_key_invalid'],
  ])('that %s gives 503 and the command', async (_what, key, code) => {
    const answer = await put('apns', apns(), { env: { CREDENTIALS_KEY: key } })
    expect([answer.status, answer.body.code]).toEqual([503, code])
    expect(answer.body.detail).toContain('wrangler secret put CREDENTIALS_KEY')
  })

  it('that was replaced is said to open nothing', async () => {
    await put('webpush', { subject: 'mailto:push@example.com' })
    const answer = await put(
      'webpush',
      { subject: 'mailto:push@example.com' },
      { env: { CREDENTIALS_KEY: btoa('x'.repeat(32)) } },
    )
    expect([answer.status, answer.body.code]).toEqual([503, 'credential_unreadable'])
  })
})

describe('credentials', () => {
  it.each(['sender', 'analyst', 'client'] as const)('are not for a key of role %s', async (role) => {
    expect((await put('apns', apns(), { bearer: app[role] })).status).toBe(403)
    expect((await call('GET', `/v1/apps/${app.id}/credentials`, { bearer: app[role] })).status).toBe(403)
  })

  it('are not for another app’s admin, who learns nothing', async () => {
    const other = await makeApp('Chess')
    expect((await put('apns', apns(), { bearer: other.admin })).status).toBe(404)
    expect((await call('DELETE', `/v1/apps/${app.id}/credentials/apns`, { bearer: other.admin })).status).toBe(404)
  })

  it('may be set by the operator', async () => {
    expect((await put('apns', apns(), { bearer: ROOT })).status).toBe(200)
  })
})
