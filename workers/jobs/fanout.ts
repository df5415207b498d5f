/** The job that opens a notification's ledger in one shard of a topic. */
import { notificationNamed, shardNamed } from '../../durable-objects/stubs.ts'
import type { FanoutMessage } from '../../schema/queue-messages.ts'

/** Safe to repeat: a notification that is over has no order, and an opened shard has nothing left to open. */
export async function openShard(env: Env, { appId, notificationId, shard }: FanoutMessage): Promise<void> {
  const order = await notificationNamed(env, appId, notificationId).order()
  if (order) await shardNamed(env, shard).open(order)
}
