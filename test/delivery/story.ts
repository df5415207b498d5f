/** What the delivery stories have in common: an app with credentials, devices, sends, and the simulators' inboxes. */
import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { rememberBody } from '../console/canaries.ts'

export type Json = Record<string, unknown>
export type Platform = 'fcm' | 'apns' | 'webpush'
export type Counts = Record<string, number>

/** Stories take well under a second; a machine that is busy with eight other things takes longer. */
const PATIENCE_MS = 20_000
const POLL_MS = 20

/** Calls the API and expects a status. What is secret in it is known to the ears of the console from then on. */
export async function call(
  method: string,
  path: string,
  key: string,
  body?: unknown,
  expected?: number,
): Promise<Json> {
  const headers: Record<string, string> = { authorization: `Bearer ${key}` }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const text = body === undefined ? undefined : JSON.stringify(body)
  rememberBody(body)
  const response = await exports.default.fetch(
    new Request(`https://fanfare.test${path}`, { method, headers, body: text }),
  )
  const answer = (await response.text()) || '{}'
  if (expected !== undefined) expect([response.status, answer]).toEqual([expected, answer])
  const parsed = JSON.parse(answer) as Json
  rememberBody(parsed)
  return { status_code: response.status, ...parsed }
}

/** Calls the simulators' control API. */
export async function control(method: string, path: string, body?: unknown): Promise<Json> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(env.SIM_CONTROL_URL + path, {
    method,
    headers,
    body: body ? JSON.stringify(body) : undefined,
  })
  return response.status === 204 ? {} : ((await response.json()) as Json)
}

export interface Story {
  readonly id: string
  /** An admin key of the app. */
  readonly key: string
  readonly vapidPublicKey: string
}

/** A fresh app with credentials for the given platforms, known to the simulators. */
export async function tellStory(platforms: readonly Platform[] = ['fcm', 'apns', 'webpush']): Promise<Story> {
  const app = await call('POST', '/v1/apps', env.ROOT_KEY!, { name: 'story' }, 201)
  const id = app.id as string
  const path = `/v1/apps/${id}/credentials`
  let vapidPublicKey = ''
  if (platforms.includes('fcm')) {
    const account = await control('POST', '/fcm/service-accounts', { project_id: `story-${id.slice(-8)}` })
    await call('PUT', `${path}/fcm`, env.ROOT_KEY!, { service_account: account }, 200)
  }
  if (platforms.includes('apns')) {
    const { team_id, key_id, private_key } = await control('POST', '/apns/keys', { bundle_ids: ['com.example.app'] })
    const apns = { team_id, key_id, private_key, bundle_id: 'com.example.app', environment: 'sandbox' }
    await call('PUT', `${path}/apns`, env.ROOT_KEY!, apns, 200)
  }
  if (platforms.includes('webpush')) {
    const answer = await call('PUT', `${path}/webpush`, env.ROOT_KEY!, { subject: 'mailto:ops@example.com' }, 200)
    vapidPublicKey = answer.public_key as string
  }
  const { key } = await call('POST', `/v1/apps/${id}/keys`, env.ROOT_KEY!, { role: 'admin' }, 201)
  return { id, key: key as string, vapidPublicKey }
}

let serial = 0

/** An FCM registration token nobody had before; the prefix is what faults are set by. */
export function fcmToken(prefix = 'live'): string {
  return `${prefix}${crypto.randomUUID()}:APA91b${`${++serial}`.padStart(100, 'x')}`
}

/** An APNs device token nobody had before. */
export function apnsToken(prefix = 'a0'): string {
  return (prefix + crypto.randomUUID().replaceAll('-', '').repeat(2)).slice(0, 64)
}

/** Web Push subscriptions made by the simulator. */
export async function subscriptions(story: Story, count: number, idPrefix = 'live'): Promise<Json[]> {
  const answer = await control('POST', '/webpush/subscriptions', {
    vapid_public_key: story.vapidPublicKey,
    count,
    id_prefix: idPrefix,
  })
  return answer.data as Json[]
}

/** Registers a device and answers its id. */
export async function register(story: Story, device: Json): Promise<string> {
  const answer = await call('POST', '/v1/devices', story.key, device)
  expect(answer.status_code, JSON.stringify(answer)).toBeLessThan(300)
  return answer.id as string
}

/** Sends and answers the notification's id. */
export async function send(story: Story, notification: Json): Promise<string> {
  const answer = await call('POST', '/v1/notifications', story.key, { title: 'Hello', ...notification }, 202)
  return answer.id as string
}

export interface Notification {
  readonly status: string
  readonly counts: Counts
  readonly by_platform: Record<string, Counts>
}

export async function look(story: Story, id: string): Promise<Notification> {
  return (await call('GET', `/v1/notifications/${id}`, story.key, undefined, 200)) as unknown as Notification
}

/** Looks until the condition holds. */
export async function until(story: Story, id: string, holds: (seen: Notification) => boolean): Promise<Notification> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const seen = await look(story, id)
    expectBalance(seen.counts)
    if (holds(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** The notification when nothing of it is pending any more. */
export function settled(story: Story, id: string): Promise<Notification> {
  return until(story, id, (seen) => seen.status === 'completed')
}

/** The ledger's invariant. */
export function expectBalance(counts: Counts): void {
  const { targeted, pending, accepted, unregistered, failed, suppressed, expired, canceled } =
    counts as Required<Counts>
  expect(pending! + accepted! + unregistered! + failed! + suppressed! + expired! + canceled!).toBe(targeted)
}

/** What arrived at an address, in order. */
export async function inbox(service: Platform, address: string): Promise<Json[]> {
  return (await control('GET', `/inbox/${service}/${encodeURIComponent(address)}`)).data as Json[]
}

export async function deliveries(story: Story, id: string, query = ''): Promise<Json[]> {
  return (await call('GET', `/v1/notifications/${id}/deliveries${query}`, story.key, undefined, 200)).data as Json[]
}
