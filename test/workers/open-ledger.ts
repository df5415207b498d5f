/** Ledgers that tests open themselves, without telling a queue: nobody delivers their tickets unless the test does. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import type { FanoutOrder } from '../../durable-objects/rpc.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import type { Guarantee } from '../../push/notification.ts'
import { plainOrder } from '../delivery/plain-order.ts'

export interface OpenLedger {
  readonly appId: string
  readonly notificationId: string
  /** The shard's name. */
  readonly name: string
  readonly order: FanoutOrder
  /** Inside the shard's object: its ledger, and its storage. */
  within<Answer>(look: (ledger: Ledger, storage: DurableObjectStorage) => Answer): Promise<Answer>
}

interface Opened {
  readonly guarantee?: Guarantee
  readonly appId?: string
  /** Whether there is a credential; without one everybody fails at once. */
  readonly reachable?: boolean
}

/** A ledger over so many subscribers, which nobody delivers. */
export async function openLedger(
  devices: number,
  { guarantee = 'at_least_once', appId = `app_${crypto.randomUUID()}`, reachable = true }: Opened = {},
): Promise<OpenLedger> {
  const notificationId = `ntf_${crypto.randomUUID()}`
  const name = `${appId}/news/0`
  const members = Array.from({ length: devices }, (_, slot) => {
    const address = { kind: 'fcm_token', value: `token-${slot}` } as const
    return { deviceId: `dev_${slot}`, userId: null, slot, platform: 'fcm', address } as const
  })
  const plain = plainOrder({ notificationId, appId, guarantee, livesMs: 28 * 86_400_000 })
  const order: FanoutOrder = reachable ? plain : { ...plain, platforms: [] }
  const within: OpenLedger['within'] = (look) =>
    runInDurableObject(env.SUBSCRIBER_SHARD.getByName(name), (instance: SubscriberShard, { storage }) =>
      look((instance as unknown as { ledger: Ledger }).ledger, storage),
    )
  await within((ledger) => {
    ledger.join(members)
    expect(ledger.openStep(order, Date.now()).done).toBe(true)
  })
  return { appId, notificationId, name, order, within }
}
