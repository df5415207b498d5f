/**
 * What a notification says to the ledgers that are not its own, which are the shards of its topic or, for a replay,
 * whoever holds the dead letters: open, cancel, how far are you. Talks to the queue and to them; keeps nothing and
 * decides nothing about the notification.
 */
import * as life from '../push/notification-life.ts'
import type { Piece } from '../push/shard-directory.ts'
import { openingMessage, pieceRef } from './pieces.ts'
import type { LedgerView } from './rpc.ts'
import { sendAll } from './send-all.ts'
import { ledgerNamed } from './stubs.ts'

type NotificationLife = life.NotificationLife

/** Sends each shard the message to open its ledger. One that is open answers "nothing to open". */
export async function enqueuePieces(env: Env, known: NotificationLife, pieces: readonly Piece[]): Promise<void> {
  await sendAll(
    env.FANOUT,
    pieces.map((piece) => openingMessage(known, piece)),
  )
}

/**
 * Cancels in one shard. Answers its last word, or null while a consumer holds some of it. One that knows nothing of it
 * even then has been emptied.
 */
export async function cancelShard(env: Env, known: NotificationLife, name: string): Promise<LedgerView | null> {
  const ref = pieceRef(known, name)
  await ledgerNamed(env, ref).cancelFanout(known.id, known.appId)
  const view = (await ledgerNamed(env, ref).ledgerView(known.id)) ?? life.EMPTY_VIEW
  return view.done ? view : null
}

/** Looks after a shard that has not reported: what got lost is said again. Answers its last word if it is done. */
export async function chaseShard(env: Env, known: NotificationLife, piece: Piece): Promise<LedgerView | null> {
  const view = await ledgerNamed(env, pieceRef(known, piece.shard)).ledgerView(known.id)
  if (view?.done) return view
  if (known.status === 'canceled') return await cancelShard(env, known, piece.shard)
  if (!view?.opened) await enqueuePieces(env, known, [piece])
  return null
}

/** How far each shard is: its last word where there is one, else its counts as of now. */
export async function askShards(env: Env, known: NotificationLife): Promise<LedgerView[]> {
  return await Promise.all(
    Object.entries(known.shards ?? {}).map(async ([shard, { final }]) => {
      return final ?? (await ledgerNamed(env, pieceRef(known, shard)).ledgerView(known.id)) ?? life.EMPTY_VIEW
    }),
  )
}
