/**
 * Devices that do not exist, each known by its number: the ledger shows the number as the user's id, the push services
 * by the address.
 */
import { randomBytes } from 'node:crypto'
import type { ApiClient } from '../../dev/api-client.ts'
import { apnsToken, fcmToken, TOKEN_RANDOM_BYTES } from '../../dev/demo/device-tokens.ts'
import type { PushService } from './simulators.ts'

export interface Device {
  readonly userId: string
  readonly service: PushService
  /** Under which the service's inbox knows it. */
  readonly address: string
  /** The address begins with it; faults go by that. */
  readonly prefix: string
  /** What a registration names it by. */
  readonly registration: { readonly token: string } | { readonly subscription: Subscription }
}

export interface DevicePlan {
  readonly userId: string
  readonly service: PushService
  /** For APNs: hexadecimal. */
  readonly prefix: string
}

interface Subscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** As many as an import takes. */
const DEVICES_PER_IMPORT = 10_000

/** Gives the planned devices addresses. Subscriptions are the simulator's, so that it can decrypt every push. */
export async function makeDevices(
  control: ApiClient,
  vapidPublicKey: string,
  plans: readonly DevicePlan[],
): Promise<Device[]> {
  const pools = await makeSubscriptions(control, vapidPublicKey, plans)
  return plans.map((plan) => {
    if (plan.service === 'webpush') {
      const subscription = pools.get(plan.prefix)!.pop()!
      return { ...plan, address: subscription.endpoint.split('/').at(-1)!, registration: { subscription } }
    }
    const make = plan.service === 'fcm' ? fcmToken : apnsToken
    const token = make(plan.prefix, randomBytes(TOKEN_RANDOM_BYTES))
    return { ...plan, address: token, registration: { token } }
  })
}

async function makeSubscriptions(control: ApiClient, vapidPublicKey: string, plans: readonly DevicePlan[]) {
  const pools = new Map<string, Subscription[]>()
  const wanted = Map.groupBy(
    plans.filter(({ service }) => service === 'webpush'),
    ({ prefix }) => prefix,
  )
  for (const [prefix, { length: count }] of wanted) {
    const { data } = await control.post<{ data: Subscription[] }>('/webpush/subscriptions', {
      vapid_public_key: vapidPublicKey,
      count,
      id_prefix: prefix,
      transport: 'https',
    })
    pools.set(prefix, data)
  }
  return pools
}

/** Registers devices, subscribed to these topics. @throws when a line is refused: all are well-formed */
export async function importDevices(
  api: ApiClient,
  devices: readonly Device[],
  topics: readonly string[],
): Promise<void> {
  for (let from = 0; from < devices.length; from += DEVICES_PER_IMPORT) {
    const lines = devices
      .slice(from, from + DEVICES_PER_IMPORT)
      .map(({ service, userId, registration }) =>
        JSON.stringify({ platform: service, ...registration, user_id: userId, topics }),
      )
    const { errors } = await api.post<{ errors: { detail: string }[] }>('/v1/devices/import', lines.join('\n'))
    if (errors.length > 0) throw new Error(`The import refused a device: ${errors[0]!.detail}`)
  }
}
