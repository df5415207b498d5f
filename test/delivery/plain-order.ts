/** An order to open a ledger over a whole shard, for tests that open one themselves. */
import type { FanoutOrder } from '../../durable-objects/rpc.ts'
import { SLOT_COUNT } from '../../push/slot.ts'

type Asked = Pick<FanoutOrder, 'notificationId' | 'appId' | 'guarantee'> & { readonly livesMs: number }

/** @param asked.livesMs how long from now it is worth delivering */
export function plainOrder({ notificationId, appId, guarantee, livesMs }: Asked): FanoutOrder {
  return {
    notificationId,
    appId,
    message: { title: 'x', data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {} },
    guarantee,
    expiresAt: Date.now() + livesMs,
    platforms: ['fcm'],
    byTurn: false,
    fromSlot: 0,
    toSlot: SLOT_COUNT,
    pushId: notificationId,
    pushSequence: null,
    replayOf: null,
  }
}
