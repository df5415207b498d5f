/**
 * What a notification says to the shards of its topic: open, cancel, how far are you. Talks to queue and shards;
 * keeps nothing and decides nothing about the notification.
 */
import * as life from '../push/notification-life.ts'
import type { LedgerView } from './rpc.ts'
import { shardNamed } from './stubs.ts'

type NotificationLife = life.NotificationLife

/** Sends every shard that is not done the message to open its ledger. One that is open answers "nothing to open". */
export async function enqueueShards(env: Env, known: NotificationLife): Promise<void> {
  const { appId, id: notificationId } = known
  for (const shard of life.openShards(known)) await env.FANOUT.send({ kind: 'fanout.v1', appId, notificationId, shard })
}

/** Cancels in one shard. Answers its last word, or null while a consumer holds some of it. */
export async function cancelShard(env: Env, known: NotificationLife, name: string): Promise<LedgerView | null> {
  await shardNamed(env, name).cancelFanout(known.id, known.appId)
  const view = await shardNamed(env, name).ledgerView(known.id)
  return view?.done ? view : null
}

/** Looks after a shard that has not reported: what got lost is said again. Answers its last word if it is done. */
export async function chaseShard(env: Env, known: NotificationLife, name: string): Promise<LedgerView | null> {
  const view = await shardNamed(env, name).ledgerView(known.id)
  if (view?.done) return view
  if (known.status === 'canceled') return await cancelShard(env, known, name)
  await env.FANOUT.send({ kind: 'fanout.v1', appId: known.appId, notificationId: known.id, shard: name })
  return null
}

/** How far each shard is: its last word where there is one, else its counts as of now. */
export async function askShards(env: Env, known: NotificationLife): Promise<LedgerView[]> {
  return await Promise.all(
    Object.entries(known.shards ?? {}).map(async ([shard, final]) => {
      return final ?? (await shardNamed(env, shard).ledgerView(known.id)) ?? life.EMPTY_VIEW
    }),
  )
}
