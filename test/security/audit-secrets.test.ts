/** Every audited call, made with everything secret that it takes: each is in the log, and none of the secrets. */
import { exportPKCS8, generateKeyPair } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { makeVapidKeys } from '../../push/providers/webpush/vapid.ts'
import { ACCESS, OPERATION_IDS } from '../../workers/api/access.ts'
import { type AuditTarget, targetOf } from '../../workers/api/audit-target.ts'
import { AUDITED, type Audited } from '../../workers/api/audited.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'

/** What a caller may know of a key that is in PEM: its middle, without the line breaks that every copy spells otherwise. */
const heartOf = (pem: string) => pem.split('\n')[1]!

const UNREAD: readonly Audited[] = ['read', 'traffic']

/** The calls that have an entry. */
const NOTED = OPERATION_IDS.filter((id) => !UNREAD.includes(AUDITED[id]))

/** Makes each of them, and answers every secret that went in or came out. */
async function makeAllCalls(app: Awaited<ReturnType<typeof makeApp>>): Promise<string[]> {
  const admin = (method: string, path: string, body?: object) => call(method, path, { bearer: app.admin, body })
  const of = `/v1/apps/${app.id}`
  const [rsa, p256] = await Promise.all(
    ['RS256', 'ES256'].map(async (alg) => exportPKCS8((await generateKeyPair(alg, { extractable: true })).privateKey)),
  )
  const { publicKey, privateKey } = await makeVapidKeys()
  const google = {
    type: 'service_account',
    project_id: 'weather-1',
    private_key_id: 'k',
    universe_domain: 'googleapis.com',
  }
  const account = { ...google, client_id: '1', client_email: 'a@weather-1.iam.gserviceaccount.com', private_key: rsa }
  const apns = {
    team_id: 'A1B2C3D4E5',
    key_id: 'K9J8H7G6F5',
    private_key: p256,
    bundle_id: 'a.b',
    environment: 'sandbox',
  }
  const vapid = { subject: 'mailto:a@b.example', public_key: publicKey, private_key: privateKey }
  await admin('PUT', `${of}/credentials/fcm`, { service_account: account })
  await admin('PUT', `${of}/credentials/apns`, apns)
  await admin('PUT', `${of}/credentials/webpush`, vapid)
  await admin('DELETE', `${of}/credentials/apns`)
  await admin('PATCH', `${of}/settings`, { sign_messages: true })

  const key = (await admin('POST', `${of}/keys`, { role: 'sender', name: 'backend' })).body
  const rotated = (await admin('POST', `${of}/keys/${key.id}/rotate`, { overlap_seconds: 60 })).body
  await admin('DELETE', `${of}/keys/${key.id}`)
  await admin('PUT', `${of}/roles/campaigner`, { scopes: ['notifications:send'], topics: ['marketing.*'] })
  await admin('DELETE', `${of}/roles/campaigner`)
  await call('PUT', `${of}/quotas`, { bearer: ROOT, body: { devices: 100 } })
  await admin('PUT', `${of}/attestation`, { provider: 'turnstile', secret: 'secret of Turnstile' })
  await admin('DELETE', `${of}/attestation`)
  await admin('POST', `${of}/secrets/links/rotate`)
  await call('POST', '/v1/secrets/reseal', { bearer: ROOT })
  const webhookSecrets = await callWebhooks(admin, `${of}/webhooks`)

  const lines = '{"platform":"fcm","token":"imported-secret-token","user_id":"ada@example.org","topics":["news"]}\n'
  const headers = { 'Content-Type': 'application/x-ndjson' }
  await call('POST', '/v1/devices/import', { bearer: app.admin, body: lines, headers })
  const device = (await admin('POST', '/v1/devices', { platform: 'fcm', token: 'first-secret-token' })).body
  const asDevice = { bearer: device.device_key }
  const deviceKey = (await call('POST', `/v1/devices/${device.id}/key`, asDevice)).body.device_key
  await admin('DELETE', `/v1/devices/${device.id}/key`)
  await admin('PATCH', `/v1/devices/${device.id}`, { token: 'next-secret-token', attributes: { plan: 'secret-plan' } })
  await admin('POST', '/v1/topics/news/devices', { add: [device.id] })
  await admin('POST', '/v1/quarantine/release', {})
  await admin('POST', '/v1/quarantine/confirm', {})

  const message = {
    title: 'secret title',
    body: 'secret body',
    data: { k: 'secret data' },
    fcm: { a: 'secret override' },
  }
  const to = { users: ['ada@example.org'] }
  const sent = (await admin('POST', '/v1/notifications', { to, ...message })).body
  await admin('POST', `/v1/notifications/${sent.id}/cancel`)
  await admin('POST', '/v1/dead-letters/replay', { notification_id: sent.id })
  await admin('DELETE', '/v1/topics/news')
  await admin('DELETE', `/v1/devices/${device.id}`)

  const keys = [
    ROOT,
    app.admin,
    app.sender,
    app.analyst,
    app.client,
    key.key,
    rotated.key,
    device.device_key,
    deviceKey,
  ]
  const credentials = [heartOf(rsa!), heartOf(p256!), privateKey, 'secret of Turnstile', ...webhookSecrets]
  const tokens = ['imported-secret-token', 'first-secret-token', 'next-secret-token']
  const said = ['secret title', 'secret body', 'secret data', 'secret override', 'secret-plan', 'ada@example.org']
  return [...keys, ...credentials, ...tokens, ...said]
}

type CallAsAdmin = (method: string, path: string, body?: object) => ReturnType<typeof call>

/** Answers what is secret about a webhook: its secrets, and what its URL says after the host. */
async function callWebhooks(admin: CallAsAdmin, webhooks: string): Promise<string[]> {
  const url = 'https://hooks.example.com/services/secret-in-a-path'
  const { id, secret } = (await admin('POST', webhooks, { url, events: ['device.retired'] })).body
  const webhook = `${webhooks}/${id}`
  const rotated = (await admin('POST', `${webhook}/secret`, { overlap_seconds: 60 })).body
  const tried = (await admin('POST', `${webhook}/test`)).body
  await admin('POST', `${webhook}/deliveries/${tried.id}/replay`)
  await admin('POST', `${webhook}/deliveries/replay`, { since: '2026-01-01T00:00:00Z' })
  await admin('PATCH', webhook, { enabled: false })
  await admin('DELETE', webhook)
  return [secret, rotated.secret, 'secret-in-a-path']
}

/** Somebody pastes a secret where an id or a name belongs. */
async function pasteSecrets(app: Awaited<ReturnType<typeof makeApp>>): Promise<string[]> {
  const admin = (method: string, path: string, body?: object) => call(method, path, { bearer: app.admin, body })
  const token = 'cN1yb5mQT0e:APA91bF0d5kq3vN8pXr2tLw7zYc4uHj6gMs9aEi1oBf'
  const { device_key } = (await admin('POST', '/v1/devices', { platform: 'fcm', token })).body
  const secrets = [app.sender, app.client, device_key, token]
  for (const secret of secrets) {
    await admin('DELETE', `/v1/apps/${app.id}/keys/${secret}`)
    await admin('DELETE', `/v1/apps/${app.id}/credentials/${secret}`)
    await admin('DELETE', `/v1/apps/${app.id}/roles/${secret}`)
    await admin('DELETE', `/v1/apps/${app.id}/webhooks/${secret}`)
    await admin('POST', `/v1/apps/${app.id}/webhooks/wh_1/deliveries/${secret}/replay`)
    await admin('DELETE', `/v1/devices/${secret}`)
    await admin('POST', `/v1/notifications/${secret}/cancel`)
    await call('DELETE', `/v1/apps/${secret}`, { bearer: ROOT })
    await call('PUT', `/v1/apps/${secret}/quotas`, { bearer: ROOT, body: {} })
    await admin('DELETE', `/v1/topics/${secret}`)
  }
  // Any text may stand here, and keys are known by their shape.
  for (const key of secrets.filter((secret) => secret !== token)) {
    await admin('POST', `/v1/apps/${app.id}/keys`, { role: 'sender', name: key })
  }
  return secrets
}

async function exportOf(bearer: string): Promise<string> {
  return (await call('GET', '/v1/audit/export', { bearer })).text
}

describe('every audited call', () => {
  it('is in the log, and nothing secret that went into it or came out of it', async () => {
    const app = await makeApp()
    const secrets = await makeAllCalls(app)
    await vi.waitFor(async () => expect(await exportOf(app.admin)).toContain('"sendNotification"'), 5_000)
    const logs = await exportOf(app.admin)
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    const all = logs + (await exportOf(ROOT))
    const inLog = new Set(all.match(/(?<="action":")\w+/g))
    // There are no dead letters here: test/workers/dead-letters-api.test.ts sends some again, and looks.
    expect(NOTED.filter((id) => !inLog.has(id))).toEqual(['replayDeadLetters'])
    expect(secrets.filter((secret) => secret.length < 8 || all.includes(secret))).toEqual([])
  })

  it('keeps nothing of a secret that stands where an id or a name belongs', async () => {
    const app = await makeApp()
    const secrets = await pasteSecrets(app)
    const all = (await exportOf(app.admin)) + (await exportOf(ROOT))
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([])
  })

  it.each<[AuditTarget, string, boolean]>([
    ['app', `app_${'0'.repeat(29)}`, true],
    ['app', `key_${'0'.repeat(29)}`, false],
    ['key', `key_${'0'.repeat(29)}`, true],
    ['key', `sk_${'0'.repeat(38)}`, false],
    ['key', '', false],
    ['device', `dev_${'0'.repeat(29)}`, true],
    ['device', `dk_${'0'.repeat(29)}_${'0'.repeat(29)}_0_x`, false],
    ['device', 'cN1yb5mQT0e:APA91bF0d5kq3vN8pXr2tLw7zYc4uHj6gMs9aEi1oBf', false],
    ['notification', 'x'.repeat(900), false],
    ['topic', 'news', true],
    ['topic', 'cN1yb5mQT0e:APA91bF0d5kq3vN8pXr2tLw7zYc4uHj6gMs9aEi1oBf', false],
    ['role', 'campaigner', true],
    ['role', 'Bearer x', false],
    ['use', 'links', true],
    ['use', 'whsec_x', false],
    ['platform', 'fcm', true],
    ['platform', 'anything', false],
  ])('takes for the target, a %s, %.20s: %s', (target, text, isTaken) => {
    expect(targetOf(target, () => text)).toBe(isTaken ? text : null)
  })

  it('is every call that only keys, or the operator, may make and that changes something', () => {
    const decided = OPERATION_IDS.filter((id) => AUDITED[id] === 'traffic')
    const grants = decided.map((id) => [id, ACCESS[id].join(' ')])
    expect(grants).toEqual([
      ['createToken', 'tokens:mint'],
      ['registerDevice', 'devices:register'],
      ['rotateDeviceKey', 'device'],
      ['subscribe', 'topics:manage device'],
      ['unsubscribe', 'topics:manage device'],
      ['followUnsubscribeLink', ''],
      ['reportReceipts', 'device'],
    ])
  })
})
