/** Somebody else's browser, whose pushes can be read: a device of an app with a PushSubscription of the simulator. */
import assert from 'node:assert/strict'
import type { App } from './app.ts'
import { until } from './stories.ts'
import type { World } from './world.ts'

export type Payload = Readonly<Record<string, unknown>>

export interface SimulatedReader {
  readonly deviceId: string
  readonly deviceKey: string
  /** The payload of a notification, once it is there. */
  received(notificationId: string): Promise<Payload>
}

export async function simulateReader(world: World, app: App, topics: readonly string[]): Promise<SimulatedReader> {
  const asked = { vapid_public_key: app.vapid.publicKey, count: 1 }
  const made = await world.simulators.post<{ data: { endpoint: string }[] }>('/webpush/subscriptions', asked)
  const [subscription] = made.data
  assert.ok(subscription)
  const body = { platform: 'webpush', subscription, topics }
  const device = await world.clientOf(app.client).post<{ id: string; device_key: string }>('/v1/devices', body)
  const address = new URL(subscription.endpoint).pathname.split('/').at(-1)!
  return {
    deviceId: device.id,
    deviceKey: device.device_key,
    received: (notificationId) =>
      until(`${notificationId} at the simulated reader`, async () => {
        const { data } = await world.simulators.get<{ data: { payload: string | Payload }[] }>(
          `/inbox/webpush/${encodeURIComponent(address)}`,
        )
        const payloads = data.map(({ payload }) => (typeof payload === 'string' ? JSON.parse(payload) : payload))
        return payloads.find(({ fanfare_id }: Payload) => fanfare_id === notificationId) as Payload | undefined
      }),
  }
}
