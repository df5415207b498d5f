/** Which ledgers a notification has, and what their objects are called. Reads a notification's record; asks nobody. */
import type { NotificationLife } from '../push/notification-life.ts'
import type { Replay } from '../push/replay.ts'
import type { Piece } from '../push/shard-directory.ts'
import { SLOT_COUNT } from '../push/slot.ts'
import type { LedgerRef, QueueMessage } from '../schema/queue-messages.ts'

/** The object that holds a piece of the notification's ledger. */
export function pieceRef({ send: { audience } }: NotificationLife, name: string): LedgerRef {
  return { kind: audience.kind === 'replay' ? audience.replay.kind : 'shard', name }
}

/** All objects that hold its ledger. @param own the notification itself */
export function ledgersOf(known: NotificationLife, own: LedgerRef): LedgerRef[] {
  return known.shards === null ? [own] : Object.keys(known.shards).map((name) => pieceRef(known, name))
}

/** The number that a topic's shard ends its name with; null: the ledger of a send to users or devices. */
export function shardNumberOf({ kind, name }: LedgerRef): number | null {
  return kind === 'shard' ? Number(name.slice(name.lastIndexOf('/') + 1)) : null
}

/** A replay is opened where the dead letters are, whichever slots their shard owns by now. */
export function replayPieces({ pieces }: Replay): Piece[] {
  return pieces.map(({ ledger: shard }) => ({ shard, fromSlot: 0, toSlot: SLOT_COUNT }))
}

/** The message that has a piece opened. */
export function openingMessage(known: NotificationLife, piece: Piece): QueueMessage {
  const { appId, id: notificationId, send } = known
  if (send.audience.kind !== 'replay') return { kind: 'fanout.v1', appId, notificationId, shard: piece.shard }
  return { kind: 'replay.v1', appId, notificationId, ledger: pieceRef(known, piece.shard) }
}
