/**
 * For every call of the API, what somebody could try with the names of another app. A call without a row does not
 * compile; a new one belongs here with every place of it that takes a name.
 */
import type { OperationId } from '../../workers/api/access.ts'
import { encodeCursor } from '../../workers/api/cursor.ts'
import { type Names, SEND_TO } from './tenant.ts'

export interface Attempt {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Lists of the attacker's own app are attempts too: they say nothing of another's.
 *
 * @param other the names of another app, or of nobody @param own the attacker's, for what has to be right meanwhile
 */
type Attempts = (other: Names, own: Names) => readonly Attempt[]

const get = (path: string): Attempt => ({ method: 'GET', path })
const remove = (path: string): Attempt => ({ method: 'DELETE', path })
const post = (path: string, body: unknown, headers?: Attempt['headers']): Attempt => {
  return { method: 'POST', path, body, headers }
}

/** A link that names everything right, with a MAC that nobody made. */
const forgedLink = ({ app, device, notification, topic }: Names): string => {
  const ids = [app, device, notification].map((id) => id.slice(4)).join('.')
  return `/v1/unsubscribe?link=${ids}.1796115600.${'A'.repeat(22)}.${topic}`
}

const PEM = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'weather-4711',
  private_key_id: '0f1e',
  private_key: PEM,
  client_email: 'push@weather-4711.iam.gserviceaccount.com',
}
const APNS = { team_id: 'A1B2C3D4E5', key_id: 'K9J8H7G6F5', private_key: PEM, bundle_id: 'a.b', environment: 'sandbox' }

const WEBHOOK = { url: 'https://hooks.example.com/evil', events: ['notification.completed'] }

/** A webhook in its app, in the attacker's, and one of the attacker's in the other app. */
function webhooksOf({ app, webhook }: Names, own: Names): string[] {
  return [`${app}/webhooks/${webhook}`, `${own.app}/webhooks/${webhook}`, `${app}/webhooks/${own.webhook}`].map(
    (path) => `/v1/apps/${path}`,
  )
}

function webhookDeliveriesOf(other: Names, own: Names): string[] {
  const webhooks = [...webhooksOf(other, own), `/v1/apps/${own.app}/webhooks/${own.webhook}`]
  return webhooks.map((path) => `${path}/deliveries/${other.webhookDelivery}`)
}

export const ATTEMPTS = {
  createApp: () => [post('/v1/apps', { name: 'Mine' })],
  getApp: ({ app }, own) => [get(`/v1/apps/${app}`), get(`/v1/apps/${own.app}`)],
  deleteApp: ({ app }) => [remove(`/v1/apps/${app}`)],
  getSettings: ({ app }, own) => [get(`/v1/apps/${app}/settings`), get(`/v1/apps/${own.app}/settings`)],
  changeSettings: ({ app }) => [
    { method: 'PATCH', path: `/v1/apps/${app}/settings`, body: { allowed_origins: ['https://evil.example'] } },
  ],
  getQuotas: ({ app }, own) => [get(`/v1/apps/${app}/quotas`), get(`/v1/apps/${own.app}/quotas`)],
  putQuotas: ({ app }) => [{ method: 'PUT', path: `/v1/apps/${app}/quotas`, body: { devices: 1 } }],
  getAttestation: ({ app }, own) => [get(`/v1/apps/${app}/attestation`), get(`/v1/apps/${own.app}/attestation`)],
  putAttestation: ({ app }) => [
    { method: 'PUT', path: `/v1/apps/${app}/attestation`, body: { provider: 'turnstile', secret: 'the attackers' } },
  ],
  deleteAttestation: ({ app }) => [remove(`/v1/apps/${app}/attestation`)],

  putFcmCredential: ({ app }) => [
    { method: 'PUT', path: `/v1/apps/${app}/credentials/fcm`, body: { service_account: SERVICE_ACCOUNT } },
  ],
  putApnsCredential: ({ app }) => [{ method: 'PUT', path: `/v1/apps/${app}/credentials/apns`, body: APNS }],
  putWebPushCredential: ({ app }) => [
    { method: 'PUT', path: `/v1/apps/${app}/credentials/webpush`, body: { subject: 'mailto:evil@evil.example' } },
  ],
  listCredentials: ({ app }, own) => [get(`/v1/apps/${app}/credentials`), get(`/v1/apps/${own.app}/credentials`)],
  deleteCredential: ({ app }) => [remove(`/v1/apps/${app}/credentials/webpush`)],
  checkCredential: ({ app }) => [post(`/v1/apps/${app}/credentials/webpush/check`, undefined)],
  listAppSecrets: ({ app }, own) => [get(`/v1/apps/${app}/secrets`), get(`/v1/apps/${own.app}/secrets`)],
  rotateAppSecret: ({ app }) => [post(`/v1/apps/${app}/secrets/tokens/rotate`, { overlap_seconds: 0 })],
  // Public keys are for whoever knows the app: there is nothing to keep from anybody.
  getJwks: () => [],
  resealSecrets: ({ app }) => [post('/v1/secrets/reseal', { cursor: encodeCursor(app) })],

  createWebhook: ({ app }) => [post(`/v1/apps/${app}/webhooks`, WEBHOOK)],
  listWebhooks: ({ app, webhook }, own) => [
    get(`/v1/apps/${app}/webhooks`),
    get(`/v1/apps/${own.app}/webhooks`),
    get(`/v1/apps/${own.app}/webhooks?cursor=${encodeCursor(webhook)}`),
  ],
  getWebhook: (other, own) => webhooksOf(other, own).map((path) => get(path)),
  changeWebhook: (other, own) => webhooksOf(other, own).map((path) => ({ method: 'PATCH', path, body: WEBHOOK })),
  deleteWebhook: (other, own) => webhooksOf(other, own).map(remove),
  rotateWebhookSecret: (other, own) => {
    return webhooksOf(other, own).map((path) => post(`${path}/secret`, { overlap_seconds: 0 }))
  },
  testWebhook: (other, own) => webhooksOf(other, own).map((path) => post(`${path}/test`, undefined)),
  listWebhookDeliveries: (other, own) => [
    ...webhooksOf(other, own).map((path) => get(`${path}/deliveries`)),
    get(`/v1/apps/${own.app}/webhooks/${own.webhook}/deliveries`),
    get(`/v1/apps/${own.app}/webhooks/${own.webhook}/deliveries?cursor=${encodeCursor(other.webhookDelivery)}`),
  ],
  getWebhookDelivery: (other, own) => webhookDeliveriesOf(other, own).map((path) => get(path)),
  replayWebhookDelivery: (other, own) => {
    return webhookDeliveriesOf(other, own).map((path) => post(`${path}/replay`, undefined))
  },
  replayWebhookDeliveries: (other, own) => {
    return webhooksOf(other, own).map((path) => post(`${path}/deliveries/replay`, { since: '2026-01-01T00:00:00Z' }))
  },

  createKey: ({ app, role }, own) => [
    post(`/v1/apps/${app}/keys`, { role: 'admin' }),
    post(`/v1/apps/${own.app}/keys`, { role }),
  ],
  listKeys: ({ app, key }, own) => [
    get(`/v1/apps/${app}/keys`),
    get(`/v1/apps/${own.app}/keys`),
    get(`/v1/apps/${own.app}/keys?cursor=${encodeCursor(key)}`),
  ],
  revokeKey: ({ app, key }, own) => [
    remove(`/v1/apps/${app}/keys/${key}`),
    remove(`/v1/apps/${own.app}/keys/${key}`),
    remove(`/v1/apps/${app}/keys/${own.key}`),
  ],
  rotateKey: ({ app, key }, own) => [
    post(`/v1/apps/${app}/keys/${key}/rotate`, { overlap_seconds: 0 }),
    post(`/v1/apps/${own.app}/keys/${key}/rotate`, { overlap_seconds: 0 }),
    post(`/v1/apps/${app}/keys/${own.key}/rotate`, { overlap_seconds: 0 }),
  ],
  listRoles: ({ app }, own) => [get(`/v1/apps/${app}/roles`), get(`/v1/apps/${own.app}/roles`)],
  getRole: ({ app, role }, own) => [get(`/v1/apps/${app}/roles/${role}`), get(`/v1/apps/${own.app}/roles/${role}`)],
  putRole: ({ app, role }) => [
    { method: 'PUT', path: `/v1/apps/${app}/roles/${role}`, body: { scopes: ['notifications:send'] } },
  ],
  deleteRole: ({ app, role }, own) => [
    remove(`/v1/apps/${app}/roles/${role}`),
    remove(`/v1/apps/${own.app}/roles/${role}`),
  ],
  createToken: ({ user }) => [post('/v1/tokens', { scopes: ['devices:register'], ttl_seconds: 60, user_id: user })],

  registerDevice: ({ user, deviceToken, topic }) => [
    post('/v1/devices', { platform: 'fcm', token: deviceToken, user_id: user, topics: [topic] }),
    post('/v1/devices', { platform: 'fcm', token: deviceToken }),
  ],
  importDevices: ({ user, deviceToken, topic }) => [
    post(
      '/v1/devices/import',
      JSON.stringify({ platform: 'fcm', token: deviceToken, user_id: user, topics: [topic] }),
      {
        'Content-Type': 'application/x-ndjson',
      },
    ),
  ],
  getDevice: ({ device }) => [get(`/v1/devices/${device}`)],
  changeDevice: ({ device, deviceToken }, own) => [
    { method: 'PATCH', path: `/v1/devices/${device}`, body: { locale: 'fr', user_id: null } },
    { method: 'PATCH', path: `/v1/devices/${own.device}`, body: { token: deviceToken } },
  ],
  rotateDeviceKey: ({ device }) => [post(`/v1/devices/${device}/key`, { overlap_seconds: 0 })],
  revokeDeviceKey: ({ device }) => [remove(`/v1/devices/${device}/key`)],
  deleteDevice: ({ device }) => [remove(`/v1/devices/${device}`)],

  listQuarantine: ({ quarantinedDevice }) => [
    get('/v1/quarantine'),
    get('/v1/quarantine?limit=1'),
    get(`/v1/quarantine?cursor=${encodeCursor(JSON.stringify(['fcm', 0, quarantinedDevice]))}`),
  ],
  releaseQuarantine: ({ quarantinedDevice }) => [post('/v1/quarantine/release', { ids: [quarantinedDevice] })],
  confirmQuarantine: ({ quarantinedDevice }) => [post('/v1/quarantine/confirm', { ids: [quarantinedDevice] })],

  // Its cursor is the name of a topic, which any app may have.
  listTopics: () => [get('/v1/topics')],
  getTopic: ({ topic }) => [get(`/v1/topics/${topic}`)],
  deleteTopic: ({ topic }) => [remove(`/v1/topics/${topic}`)],
  subscribe: ({ topic, device }, own) => [
    { method: 'PUT', path: `/v1/topics/${topic}/devices/${device}` },
    { method: 'PUT', path: `/v1/topics/${own.topic}/devices/${device}` },
    { method: 'PUT', path: `/v1/topics/${topic}/devices/${own.device}` },
  ],
  unsubscribe: ({ topic, device }, own) => [
    remove(`/v1/topics/${topic}/devices/${device}`),
    remove(`/v1/topics/${own.topic}/devices/${device}`),
    remove(`/v1/topics/${topic}/devices/${own.device}`),
  ],
  showUnsubscribePage: (other) => [get(forgedLink(other))],
  followUnsubscribeLink: (other) => [post(forgedLink(other), undefined)],
  changeTopicMembers: ({ topic, device }, own) => [
    post(`/v1/topics/${own.topic}/devices`, { add: [device] }),
    post(`/v1/topics/${topic}/devices`, { remove: [device] }),
    post(`/v1/topics/${topic}/devices`, { add: [own.device], remove: [device] }),
  ],

  sendNotification: ({ topic, user, device, idempotencyKey }, own) => [
    post('/v1/notifications', { to: { devices: [device] }, title: 'x' }),
    post('/v1/notifications', { to: { devices: [own.device, device] }, title: 'x' }),
    post('/v1/notifications', { to: { users: [user] }, title: 'x' }),
    post('/v1/notifications', { to: { topic }, title: 'x' }),
    post('/v1/notifications', SEND_TO(topic), { 'Idempotency-Key': idempotencyKey }),
  ],
  getNotification: ({ notification }) => [get(`/v1/notifications/${notification}`)],
  cancelNotification: ({ notification, scheduled }) => [
    post(`/v1/notifications/${scheduled}/cancel`, undefined),
    post(`/v1/notifications/${notification}/cancel`, undefined),
  ],
  listDeliveries: ({ notification, device }, own) => [
    get(`/v1/notifications/${notification}/deliveries`),
    get(`/v1/notifications/${own.notification}/deliveries?device_id=${device}`),
  ],
  reportReceipts: ({ notification }) => [
    post('/v1/receipts', {
      events: [{ notification_id: notification, event: 'opened', at: '2026-01-01T00:00:00Z' }],
    }),
  ],

  listDeadLetters: ({ notification, device }) => [
    get('/v1/dead-letters'),
    get('/v1/dead-letters?limit=1'),
    get(`/v1/dead-letters?notification_id=${notification}`),
    get(`/v1/dead-letters?device_id=${device}`),
    get(`/v1/dead-letters?cursor=${encodeCursor(`${notification}/0:0`)}`),
  ],
  replayDeadLetters: ({ notification, deadLetter, idempotencyKey }, own) => [
    post('/v1/dead-letters/replay', { notification_id: notification }),
    post('/v1/dead-letters/replay', { ids: [deadLetter] }),
    post('/v1/dead-letters/replay', { ids: [own.deadLetter, deadLetter] }, { 'Idempotency-Key': idempotencyKey }),
  ],
  listStuckWork: ({ app, notification, topic }) => [
    get('/v1/dead-letters/tickets'),
    get('/v1/dead-letters/tickets?limit=1'),
    get(`/v1/dead-letters/tickets?cursor=${encodeCursor(`${notification} ${app}/${topic}/0 0`)}`),
  ],

  // The attacker's own log repeats what the attacker named: it is not looked at here.
  listAudit: ({ app }) => [get(`/v1/audit?app=${app}`)],
  exportAudit: ({ app }) => [get(`/v1/audit/export?app=${app}`)],
  getAuditHead: ({ app }) => [get(`/v1/audit/head?app=${app}`)],

  getHealth: () => [get('/healthz')],
} as const satisfies Readonly<Record<OperationId, Attempts>>
