/** The job that opens the ledger of a replay where its dead letters are. */
import { ledgerNamed, notificationNamed } from '../../durable-objects/stubs.ts'
import { EMPTY_VIEW } from '../../push/notification-life.ts'
import type { ReplayMessage } from '../../schema/queue-messages.ts'

/**
 * Safe to repeat: a replay that is over has no order, and one that was opened has nothing left to open. Where the dead
 * letters were emptied meanwhile there is nobody to send to.
 */
export async function openReplay(env: Env, { appId, notificationId, ledger }: ReplayMessage): Promise<void> {
  const order = await notificationNamed(env, appId, notificationId).replayOrder(ledger.name)
  if (order === null || (await ledgerNamed(env, ledger).openReplay(order))) return
  await notificationNamed(env, appId, notificationId).shardDone(ledger.name, EMPTY_VIEW)
}
