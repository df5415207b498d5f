/** An app with one of everything, the ids of all of it, and everything that can be read of it. For tests of tenancy. */
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { outboxOf } from '../../durable-objects/stubs.ts'
import { makeWebhookEvent } from '../../push/webhook-event.ts'
import { noteStuckWork } from '../../schema/d1/stuck-work.ts'
import { retireDevices } from '../../workers/jobs/retire.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'
import { openLedger } from '../workers/open-ledger.ts'
import { tablesOfApps } from './tables-of-apps.ts'

/** What of an app a request can name. Each is the app's own, or has the same shape and is nobody's. */
export interface Names {
  readonly app: string
  readonly key: string
  readonly role: string
  readonly webhook: string
  readonly webhookDelivery: string
  readonly device: string
  readonly quarantinedDevice: string
  readonly user: string
  readonly topic: string
  readonly notification: string
  readonly scheduled: string
  readonly deadLetter: string
  readonly deviceToken: string
  readonly idempotencyKey: string
}

export interface Tenant {
  readonly names: Names
  /** One of each kind of caller. */
  readonly bearers: Readonly<
    Record<'admin' | 'sender' | 'analyst' | 'client' | 'device' | 'token' | 'userToken', string>
  >
}

/** What a token that is bound to nobody may carry at most. */
const APP_TOKEN_SCOPES = ['devices:register', 'topics:manage', 'notifications:send']
const IN_A_DAY = () => new Date(Date.now() + 86_400_000).toISOString()

/** @param mark begins the names that an app chooses itself; also those that no request to another app says */
export async function makeTenant(mark: string): Promise<Tenant> {
  const app = await makeApp(mark)
  const { admin, sender } = app
  const [topic, user] = [`${mark}-topic`, `${mark}-user`]
  const address = fcmDevice()
  const unnamed = `${mark}-unnamed`
  const device = await made('/v1/devices', sender, { ...address, user_id: user, topics: [topic, unnamed] })
  const doubted = fcmDevice({ user_id: unnamed })
  const quarantined = await made('/v1/devices', sender, doubted)
  await quarantine(app.id, quarantined.id, doubted.token)
  const idempotencyKey = `${mark}-key`
  // Nobody has a credential, so everybody is given up: a dead letter.
  const sent = await call('POST', '/v1/notifications', {
    bearer: sender,
    body: SEND_TO(topic),
    headers: { 'Idempotency-Key': idempotencyKey },
  })
  const scheduled = await made('/v1/notifications', sender, { ...SEND_TO(topic), send_at: IN_A_DAY() })
  await completed(sender, sent.body.id)
  const letters = await call('GET', `/v1/dead-letters?notification_id=${sent.body.id}`, { bearer: admin })
  await haveStuckWork(app.id)
  await call('PUT', `/v1/apps/${app.id}/credentials/webpush`, {
    bearer: admin,
    body: { subject: `mailto:${mark}@a.example` },
  })
  const role = `${mark}-role`
  await call('PUT', `/v1/apps/${app.id}/roles/${role}`, { bearer: admin, body: { scopes: ['topics:read'] } })
  const webhook = await made(`/v1/apps/${app.id}/webhooks`, admin, WEBHOOK)
  const keys = await call('GET', `/v1/apps/${app.id}/keys`, { bearer: admin })
  const mint = (body: object) => made('/v1/tokens', admin, { ttl_seconds: 3600, ...body })
  return {
    names: {
      app: app.id,
      key: keys.body.data[0].id,
      role,
      webhook: webhook.id,
      webhookDelivery: await failedDelivery(app.id, webhook.id),
      device: device.id,
      quarantinedDevice: quarantined.id,
      user,
      topic,
      notification: sent.body.id,
      scheduled: scheduled.id,
      deadLetter: letters.body.data[0].id,
      deviceToken: address.token,
      idempotencyKey,
    },
    bearers: {
      admin,
      sender,
      analyst: app.analyst,
      client: app.client,
      device: device.device_key,
      token: (await mint({ scopes: APP_TOKEN_SCOPES })).token,
      userToken: (await mint({ scopes: ['devices:register'], user_id: user })).token,
    },
  }
}

/** The body of the send that every tenant makes, so that an idempotency key of another app would fit it. */
export const SEND_TO = (topic: string) => ({ to: { topic }, title: 'Only for this app' })

/** Disabled, so that nothing of it is tried while an app is looked at. */
const WEBHOOK = { url: 'https://hooks.example.com/', events: ['device.retired'], enabled: false }

/** A delivery to a webhook that is disabled: it fails without an attempt, and stays as it is. Answers its id. */
async function failedDelivery(appId: string, webhookId: string): Promise<string> {
  const outbox = outboxOf(env, appId)
  const data = { webhook_id: webhookId }
  const { delivery } = await outbox.emitTo(
    webhookId,
    await makeWebhookEvent({ type: 'webhook.test', at: Date.now(), key: webhookId, data }),
  )
  const isOver = async () => {
    const { data: failed } = await outbox.list({ webhookId, status: 'failed', from: null, limit: 1 })
    expect(failed).toHaveLength(1)
  }
  await vi.waitFor(isOver, { timeout: 20_000, interval: 50 })
  return delivery.id
}

/** Names of the same shapes, made in the same moments, that nothing has. */
export function namesOfNobody(names: Names): Names {
  const withoutOwner = (id: string) => id.slice(0, -20) + '0'.repeat(20)
  return {
    app: withoutOwner(names.app),
    key: withoutOwner(names.key),
    role: 'nobodys-role',
    webhook: withoutOwner(names.webhook),
    webhookDelivery: withoutOwner(names.webhookDelivery),
    device: withoutOwner(names.device),
    quarantinedDevice: withoutOwner(names.quarantinedDevice),
    user: 'nobodys-user',
    topic: 'nobodys-topic',
    notification: withoutOwner(names.notification),
    scheduled: withoutOwner(names.scheduled),
    deadLetter: names.deadLetter.replace(names.notification.slice(4), withoutOwner(names.notification).slice(4)),
    deviceToken: `nobodys-${names.deviceToken}`,
    idempotencyKey: 'nobodys-key',
  }
}

const READABLE_PARTS = ['settings', 'quotas', 'keys', 'roles', 'credentials', 'secrets', 'webhooks']

/** Everything that the app's admin and the operator can read of it, and every row that names it. */
export async function everythingOf({ names, bearers }: Tenant): Promise<Record<string, unknown>> {
  const inApp = `/v1/apps/${names.app}`
  const reads = [
    [inApp, ROOT],
    ...READABLE_PARTS.map((part) => [`${inApp}/${part}`, ROOT]),
    [`${inApp}/webhooks/${names.webhook}/deliveries`, ROOT],
    ...[names.device, names.quarantinedDevice].map((id) => [`/v1/devices/${id}`, bearers.sender]),
    ...[names.notification, names.scheduled].flatMap((id) => [
      [`/v1/notifications/${id}`, bearers.admin],
      [`/v1/notifications/${id}/deliveries`, bearers.admin],
    ]),
    ...['topics', `topics/${names.topic}`, 'dead-letters', 'dead-letters/tickets', 'quarantine'].map((list) => [
      `/v1/${list}`,
      bearers.admin,
    ]),
  ] as [path: string, bearer: string][]
  const answers = await Promise.all(
    reads.map(async ([path, bearer]) => {
      const { status, body } = await call('GET', path, { bearer })
      expect(status, path).toBe(200)
      return [path, body]
    }),
  )
  return { ...Object.fromEntries(answers), rows: await rowsOf(names.app) }
}

/** Of every table that has a column for the app; of new ones too. */
async function rowsOf(appId: string): Promise<Record<string, unknown>> {
  const rows = (await tablesOfApps()).map(async ({ name, column }) => {
    const found = await env.DB.prepare(`select * from "${name}" where "${column}" = ?`).bind(appId).all()
    return [name, found.results]
  })
  return Object.fromEntries(await Promise.all(rows))
}

async function made(path: string, bearer: string, body: object) {
  const answer = await call('POST', path, { bearer, body })
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer.body
}

async function quarantine(appId: string, deviceId: string, address: string): Promise<void> {
  await retireDevices(env, appId, [{ deviceId, address, asOfAt: Date.now() + 1, reason: 'UNREGISTERED' }], true)
}

/** A ticket that is open, and stays so: nobody delivers it. What got done is dropped from the list when somebody looks. */
async function haveStuckWork(appId: string): Promise<void> {
  const { name, notificationId } = await openLedger(2, { appId })
  const job = { appId, notificationId, ledger: { kind: 'shard', name }, ticket: 0 } as const
  await noteStuckWork(env.DB, job, { error: 'broken', counts: true, now: Date.now() })
}

async function completed(bearer: string, id: string): Promise<void> {
  const look = async () => {
    expect((await call('GET', `/v1/notifications/${id}`, { bearer })).body.status).toBe('completed')
  }
  await vi.waitFor(look, { timeout: 20_000, interval: 50 })
}
