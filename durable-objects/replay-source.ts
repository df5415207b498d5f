/**
 * What a replay of a notification's dead letters would find, over all its ledgers. Reads only; what is found here is
 * marked when the replay is opened, so two that are asked for at once share the dead letters between them.
 */
import type { NotificationLife } from '../push/notification-life.ts'
import type { Place, ReplayPiece } from '../push/replay.ts'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { ledgersOf, shardNumberOf } from './pieces.ts'
import type { DeadLetterLook, Replayable, ShardPlace } from './rpc.ts'

type Look = (ledger: LedgerRef, places: readonly Place[] | null) => Promise<DeadLetterLook>

/** @param places null: all dead letters */
export async function findReplayable(
  known: NotificationLife,
  own: LedgerRef,
  places: readonly ShardPlace[] | null,
  look: Look,
): Promise<Replayable> {
  const ledgers = ledgersOf(known, own).filter(({ name }) => known.shards?.[name]?.final?.counts.failed !== 0)
  const unknown: ShardPlace[] =
    places?.filter(({ shard }) => !ledgers.some((ref) => shardNumberOf(ref) === shard)) ?? []
  const pieces: ReplayPiece[] = []
  let open = 0
  let replayed = 0
  const ask = async (ref: LedgerRef) => {
    const shard = shardNumberOf(ref)
    const asked = places?.filter((place) => place.shard === shard) ?? null
    if (asked?.length === 0) return
    const found = await look(ref, asked)
    open += found.open
    replayed += found.replayed
    unknown.push(...found.unknown.map(({ ticket, ordinal }) => ({ shard, ticket, ordinal })))
    if (found.open > 0) pieces.push({ ledger: ref.name, places: asked })
  }
  await Promise.all(ledgers.map(ask))
  const { audience } = known.send
  const { pushId, kind } = audience.kind === 'replay' ? audience.replay : { pushId: known.id, kind: kindOf(known) }
  return { of: known.id, open, replayed, unknown, send: known.send, pushId, kind, pieces }
}

function kindOf({ send: { audience } }: NotificationLife): LedgerRef['kind'] {
  return audience.kind === 'topic' ? 'shard' : 'notification'
}
