/**
 * Recipients that a fan-out has in this shard while another shard owns their slots by now. Before they are handed out,
 * their present owner says who and where they are: a rotated address or an ended subscription is obeyed, as always.
 */
import { isFinished } from '../push/ticket.ts'
import { readUnsettledKeys } from '../schema/ledger/moving-members.ts'
import { readTicket } from '../schema/ledger/tickets.ts'
import type { Ledger } from './ledger.ts'
import type { MemberKey } from './rpc.ts'
import type { ShardIdentity } from './topic-directory.ts'
import { findSubscribers } from './topic-members.ts'

export interface MovedTicket {
  readonly notificationId: string
  readonly number: number
  /** The first slot that is not this shard's own. */
  readonly endSlot: number
}

/** Brings the rows of a ticket's moved recipients up to date: one call to each shard that owns some of them. */
export async function refreshMovedRecipients(
  env: Env,
  storage: DurableObjectStorage,
  ledger: Ledger,
  { appId, topic }: ShardIdentity,
  moved: MovedTicket,
): Promise<void> {
  const keys = movedRecipients(storage.sql, ledger, moved)
  if (keys.length === 0) return
  const present = await findSubscribers(env, appId, topic, keys)
  const there = new Set(present.map(({ deviceId }) => deviceId))
  ledger.refreshMoved(
    present,
    keys.filter(({ deviceId }) => !there.has(deviceId)),
  )
}

function movedRecipients(sql: SqlStorage, ledger: Ledger, moved: MovedTicket): MemberKey[] {
  const { notificationId, number, endSlot } = moved
  const fanout = ledger.fanout(notificationId)
  if (!fanout || fanout.toSlot <= endSlot) return []
  const ticket = readTicket(sql, notificationId, number)
  if (!ticket || isFinished(ticket) || ticket.toSlot < endSlot) return []
  return readUnsettledKeys(sql, { ...ticket, openedSeq: fanout.openedSeq }, endSlot)
}
