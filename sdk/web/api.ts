/**
 * The handful of Fanfare API calls that a device makes. Builds the request, reads the answer, turns every failure
 * into a {@link FanfareError}; keeps no state and never retries.
 */

import type { KeySource } from './app-keys.ts'
import type { PublicKey } from './verify.ts'

/** Whether asking again helps: at once, after a while, or never. */
export type Retry = 'now' | 'backoff' | 'never'

/** Why a call to Fanfare, or a step in the browser before it, did not succeed. */
export class FanfareError extends Error {
  /** Stable: the API's `code`, or `network`, `not_supported`, `permission_denied`, `not_registered`. */
  readonly code: string
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly retry: Retry

  constructor(code: string, message: string, { status = 0, retry = 'never' }: { status?: number; retry?: Retry } = {}) {
    super(message)
    this.name = 'FanfareError'
    this.code = code
    this.status = status
    this.retry = retry
  }
}

/** What a device tells about itself. Sent as it is; absent fields are left out of the JSON. */
export interface DeviceFields {
  readonly user_id?: string
  readonly locale?: string
  readonly timezone?: string
  readonly app_version?: string
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly topics?: readonly string[]
}

export interface RegisteredDevice {
  readonly id: string
  readonly device_key: string
}

/** @param bearer the publishable key, or a user token when `fields.user_id` is set */
export function registerDevice(
  baseUrl: string,
  bearer: string,
  subscription: PushSubscriptionJSON,
  fields: DeviceFields,
): Promise<RegisteredDevice> {
  const body = { platform: 'webpush', subscription: addressOf(subscription), ...fields }
  return call(baseUrl, 'POST', '/v1/devices', bearer, { body }) as Promise<RegisteredDevice>
}

/** Moves a device to a new PushSubscription; the device keeps its id, its topics and its key. */
export async function moveDevice(
  device: { baseUrl: string; deviceId: string; deviceKey: string },
  subscription: PushSubscriptionJSON,
): Promise<void> {
  const body = { subscription: addressOf(subscription) }
  await call(device.baseUrl, 'PATCH', `/v1/devices/${device.deviceId}`, device.deviceKey, { body })
}

export async function removeDevice(device: { baseUrl: string; deviceId: string; deviceKey: string }): Promise<void> {
  await call(device.baseUrl, 'DELETE', `/v1/devices/${device.deviceId}`, device.deviceKey)
}

/**
 * @param method PUT subscribes, DELETE unsubscribes; both may be repeated
 * @throws {FanfareError} `invalid_topic`, before anything is sent, for the names that are steps in a URL: leaving the
 *   topic `..` would be asked of `/v1/devices/{id}`, and delete the device
 */
export async function changeTopic(
  device: { baseUrl: string; deviceId: string; deviceKey: string },
  method: 'PUT' | 'DELETE',
  topic: string,
): Promise<void> {
  if (topic === '.' || topic === '..') throw new FanfareError('invalid_topic', `A topic cannot be named ${topic}`)
  const path = `/v1/topics/${encodeURIComponent(topic)}/devices/${device.deviceId}`
  await call(device.baseUrl, method, path, device.deviceKey)
}

export async function postReceipts(
  device: { baseUrl: string; deviceKey: string },
  events: readonly object[],
): Promise<void> {
  await call(device.baseUrl, 'POST', '/v1/receipts', device.deviceKey, { body: { events } })
}

/**
 * Where the public keys of an app are: those that pushes are signed with among them. Asked past the browser's cache: who
 * asks has met a key that an answer of the last minutes may not have.
 */
export function keySourceOf({ baseUrl, appId }: { baseUrl: string; appId: string }): KeySource {
  const fetch = async () => {
    const answer = await call(baseUrl, 'GET', `/v1/apps/${appId}/jwks.json`, null, { cache: 'reload' })
    return (answer as { keys: PublicKey[] }).keys
  }
  return { appId, fetch }
}

/** `expirationTime` and whatever else a browser adds stay out: they are no part of the address. */
function addressOf({ endpoint, keys }: PushSubscriptionJSON): object {
  return { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } }
}

async function call(
  baseUrl: string,
  method: string,
  path: string,
  bearer: string | null,
  { body, cache }: { body?: object; cache?: RequestCache } = {},
): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(baseUrl + path, {
      method,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(cache && { cache }),
      // A receipt reported while the page is being left still goes out.
      keepalive: true,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FanfareError('network', `${method} ${path}: ${reason}`, { retry: 'backoff' })
  }
  const text = await response.text()
  if (!response.ok) throw readProblem(response.status, text)
  return text === '' ? null : JSON.parse(text)
}

/** Reads problem+json (RFC 9457); anything else, such as a proxy's HTML page, becomes its status. */
export function readProblem(status: number, text: string): FanfareError {
  const retry: Retry = status === 408 || status === 429 || status >= 500 ? 'backoff' : 'never'
  try {
    const problem = JSON.parse(text) as { code?: unknown; detail?: unknown; title?: unknown; retry?: Retry }
    if (typeof problem?.code === 'string') {
      const detail = problem.detail ?? problem.title ?? problem.code
      return new FanfareError(problem.code, String(detail), { status, retry: problem.retry ?? retry })
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return new FanfareError(`http_${status}`, `Fanfare answered ${status}`, { status, retry })
}
