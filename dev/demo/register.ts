/**
 * Registers the demo's devices through the import API, subscribed to one topic.
 */
import { randomBytes } from 'node:crypto'
import type { Platform } from '../../push/device.ts'
import type { ApiClient } from '../api-client.ts'
import { apnsToken, fcmToken, TOKEN_RANDOM_BYTES } from './device-tokens.ts'
import { addressPrefix } from './faults.ts'
import { countMix, type DemoDevice, demoDevice, FATES, type Fate } from './mix.ts'

interface Subscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

interface ImportAnswer {
  readonly created: number
  readonly updated: number
  readonly errors: readonly { readonly line: number; readonly code: string; readonly detail: string }[]
}

/** An import takes up to 10,000 lines; a few parts more let the progress move. */
const DEVICES_PER_IMPORT = 2_500
/** The simulators make a key pair for each subscription. */
const SUBSCRIPTIONS_PER_CALL = 2_000

/**
 * @param onProgress called with the number of devices registered so far
 * @throws when a line is refused: the demo's devices are all well-formed
 */
export async function registerDevices(
  count: number,
  topic: string,
  how: { api: ApiClient; control: ApiClient; vapidPublicKey: string; onProgress: (registered: number) => void },
): Promise<void> {
  const subscriptions = await makeSubscriptions(how.control, how.vapidPublicKey, countMix(count).webpush)
  for (let start = 0; start < count; start += DEVICES_PER_IMPORT) {
    const end = Math.min(start + DEVICES_PER_IMPORT, count)
    const lines: string[] = []
    for (let index = start; index < end; index++) lines.push(importLine(demoDevice(index), topic, subscriptions))
    const answer = await how.api.post<ImportAnswer>('/v1/devices/import', lines.join('\n'))
    const [error] = answer.errors
    if (error !== undefined) throw new Error(`The import refused line ${error.line}: ${error.code}, ${error.detail}`)
    how.onProgress(end)
  }
}

function importLine(device: DemoDevice, topic: string, subscriptions: Record<Fate, Subscription[]>): string {
  return JSON.stringify({
    platform: device.platform,
    ...addressOf(device.platform, device.fate, subscriptions),
    user_id: device.userId,
    locale: device.locale,
    timezone: device.timezone,
    app_version: device.appVersion,
    topics: [topic],
  })
}

function addressOf(platform: Platform, fate: Fate, subscriptions: Record<Fate, Subscription[]>) {
  if (platform === 'webpush') return { subscription: subscriptions[fate].pop()! }
  const random = randomBytes(TOKEN_RANDOM_BYTES)
  const prefix = addressPrefix(platform, fate)
  return { token: platform === 'fcm' ? fcmToken(prefix, random) : apnsToken(prefix, random) }
}

/** What browsers would get from their push service: one subscription for each Web Push device. */
async function makeSubscriptions(control: ApiClient, vapidPublicKey: string, counts: Record<Fate, number>) {
  const made: Record<Fate, Subscription[]> = { healthy: [], slow: [], busy: [], dead: [], broken: [] }
  for (const fate of FATES) {
    while (made[fate].length < counts[fate]) {
      const { data } = await control.post<{ data: Subscription[] }>('/webpush/subscriptions', {
        vapid_public_key: vapidPublicKey,
        count: Math.min(SUBSCRIPTIONS_PER_CALL, counts[fate] - made[fate].length),
        id_prefix: addressPrefix('webpush', fate),
        transport: 'https',
      })
      made[fate].push(...data)
    }
  }
  return made
}
