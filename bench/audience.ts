/** Devices that do not exist: addresses as the push services give them, and their registration with the platform. */
import { randomBytes } from 'node:crypto'
import type { ApiClient } from '../dev/api-client.ts'
import { apnsToken, fcmToken, TOKEN_RANDOM_BYTES } from '../dev/demo/device-tokens.ts'
import type { Platform } from '../push/device.ts'

/** A W3C PushSubscription as its `toJSON()` shows it. */
export interface Subscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** What a registration names a device by. */
export type DeviceAddress = { readonly token: string } | { readonly subscription: Subscription }

export function tokensOf(audience: readonly DeviceAddress[]): string[] {
  return audience.flatMap((address) => ('token' in address ? [address.token] : []))
}

export function subscriptionsOf(audience: readonly DeviceAddress[]): Subscription[] {
  return audience.flatMap((address) => ('subscription' in address ? [address.subscription] : []))
}

export interface AudienceOptions {
  readonly platform: Platform
  readonly count: number
  /** The VAPID key that subscriptions are bound to, and whether their endpoints are https. */
  readonly vapidPublicKey: string
  readonly transport: 'http' | 'https'
}

/** Devices of FCM, which need no key and no transport. */
export function fcmDevices(count: number): AudienceOptions {
  return { platform: 'fcm', count, vapidPublicKey: '', transport: 'http' }
}

/** As many as an import takes. */
export const DEVICES_PER_IMPORT = 10_000
const SUBSCRIPTIONS_PER_CALL = 10_000

export async function makeAudience(control: ApiClient, options: AudienceOptions): Promise<DeviceAddress[]> {
  const { platform, count } = options
  if (platform === 'webpush') {
    return (await makeSubscriptions(control, options)).map((subscription) => ({ subscription }))
  }
  const make = platform === 'fcm' ? fcmToken : apnsToken
  return Array.from({ length: count }, () => ({ token: make('', randomBytes(TOKEN_RANDOM_BYTES)) }))
}

/** Only the first push to each is decrypted: this measures senders, and decrypting costs as much as encrypting. */
async function makeSubscriptions(control: ApiClient, options: AudienceOptions): Promise<Subscription[]> {
  const made: Subscription[] = []
  while (made.length < options.count) {
    const { data } = await control.post<{ data: Subscription[] }>('/webpush/subscriptions', {
      vapid_public_key: options.vapidPublicKey,
      count: Math.min(SUBSCRIPTIONS_PER_CALL, options.count - made.length),
      transport: options.transport,
      decrypt: 'first',
    })
    made.push(...data)
  }
  return made
}

/** Registers devices and subscribes them to a topic, in as few calls as there can be. @throws when a line is refused */
export async function importAudience(
  api: ApiClient,
  platform: Platform,
  topic: string,
  audience: readonly DeviceAddress[],
): Promise<void> {
  for (const body of importBodies(platform, topic, audience)) await importBody(api, body)
}

/** The NDJSON of each call. */
export function importBodies(platform: Platform, topic: string, audience: readonly DeviceAddress[]): string[] {
  const bodies: string[] = []
  for (let from = 0; from < audience.length; from += DEVICES_PER_IMPORT) {
    const lines = audience
      .slice(from, from + DEVICES_PER_IMPORT)
      .map((address) => JSON.stringify({ platform, ...address, topics: [topic] }))
    bodies.push(lines.join('\n'))
  }
  return bodies
}

export async function importBody(api: ApiClient, body: string): Promise<void> {
  const { errors } = await api.post<{ errors: { line: number; detail: string }[] }>('/v1/devices/import', body)
  if (errors.length > 0) throw new Error(`the import refused line ${errors[0]!.line}: ${errors[0]!.detail}`)
}
