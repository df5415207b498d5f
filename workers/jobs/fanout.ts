/** The job that opens a notification's ledger in one shard of a topic. */
import { notificationNamed, shardNamed } from '../../durable-objects/stubs.ts'
import type { FanoutMessage } from '../../schema/queue-messages.ts'

/**
 * Safe to repeat: a notification that is over has no order, and an opened shard has nothing left to open. A shard that
 * has given away some of the slots opens nothing, and the notification asks their owners.
 */
export async function openShard(env: Env, { appId, notificationId, shard }: FanoutMessage): Promise<void> {
  const notification = () => notificationNamed(env, appId, notificationId)
  const order = await notification().order(shard)
  if (!order) return
  const answer = await shardNamed(env, shard).open(order)
  if (answer.kind === 'done') return
  await notification().pieceMoved({ shard, fromSlot: order.fromSlot, toSlot: order.toSlot })
}
