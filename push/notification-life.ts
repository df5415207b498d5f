/**
 * The life of a notification as a state machine: plain values in, plain values out, `now` an argument.
 *
 *   scheduled ──▶ queued ──▶ sending ──▶ completed
 *        └──────────┴──────────┴──────▶ canceled
 *
 * `canceled` is said at once; `completedAt` is set when nothing is pending any more, in either end.
 */
import type { AuditSource } from './audit-entry.ts'
import type { Platform } from './device.ts'
import { addCounts, emptyCounts, type LedgerCounts } from './ledger.ts'
import type { NotificationStatus, Send } from './notification.ts'
import { isSameRange, type Piece, type SlotRange } from './shard-directory.ts'

/** Counts of one ledger, see durable-objects/rpc.ts. */
export interface LedgerSums {
  readonly counts: LedgerCounts
  readonly byPlatform: Partial<Record<Platform, LedgerCounts>>
  readonly opened: boolean
  readonly done: boolean
}

/** The slots that a shard of the topic was asked to cover, and its final sums; null while it works. */
export interface ShardPart extends SlotRange {
  readonly final: LedgerSums | null
}

export interface NotificationLife {
  readonly id: string
  readonly appId: string
  readonly send: Send
  readonly bodyHash: string
  /** As many were counted against a quota of the app, whose Meter is told how many it really went to. Absent: it was not counted. */
  readonly countedRecipients?: number
  /** Who asked for it; null: the audit log knows. */
  readonly sentBy: AuditSource | null
  readonly status: NotificationStatus
  readonly createdAt: number
  readonly startedAt: number | null
  readonly completedAt: number | null
  /** When it is no longer worth delivering. */
  readonly expiresAt: number
  /**
   * Of a topic: its shards by name. Together they cover every slot once, at every moment. Of a replay: the ledgers that
   * hold its dead letters. Null: a direct send, or not started.
   */
  readonly shards: Readonly<Record<string, ShardPart>> | null
}

/**
 * A send with a TTL of 0 means "now or never" for the push service, but it still has to travel through our own
 * queue: this long, then it expires here.
 */
const SHORTEST_LIFE_MS = 60_000

export const EMPTY_VIEW: LedgerSums = { counts: emptyCounts(), byPlatform: {}, opened: true, done: true }

/** A notification as it is accepted. */
export function begin(
  request: Pick<NotificationLife, 'id' | 'appId' | 'send' | 'bodyHash' | 'sentBy' | 'countedRecipients'>,
  now: number,
): NotificationLife {
  const { sendAt, message } = request.send
  const status = firstStatus(request.send, now)
  const startsAt = status === 'scheduled' && sendAt !== null ? sendAt : now
  return {
    ...request,
    status,
    createdAt: now,
    startedAt: null,
    completedAt: null,
    expiresAt: startsAt + Math.max(message.ttlSeconds * 1000, SHORTEST_LIFE_MS),
    shards: null,
  }
}

/** What it was answered as when it was created. A repetition of the request is answered the same. */
export function firstStatus({ sendAt }: Send, createdAt: number): 'scheduled' | 'queued' {
  return sendAt !== null && sendAt > createdAt ? 'scheduled' : 'queued'
}

/** Whether it is time to start it, for the first time or again after a start that failed. */
export function isDue(life: NotificationLife, now: number): boolean {
  if (life.status === 'scheduled') return (life.send.sendAt ?? 0) <= now
  return life.status === 'queued'
}

/** It is due, and waits for its turn. */
export function queue(life: NotificationLife): NotificationLife {
  return life.status === 'scheduled' ? { ...life, status: 'queued' } : life
}

/** It goes to these shards of a topic, which own every slot once, or, as a replay, to these holders of dead letters. */
export function startShards(life: NotificationLife, pieces: readonly Piece[], now: number): NotificationLife {
  if (!isDue(life, now)) return life
  return { ...life, status: 'sending', startedAt: now, shards: partsOf(pieces) }
}

/**
 * A shard has opened nothing and never will, because some slots of the piece have moved: the owners of today cover the
 * piece instead. Whoever says so late, or again, changes nothing.
 *
 * @param owners who owns the slots of the piece now, without gaps; its shard is among them, because a shard that gives
 *   slots away keeps the first of those it had
 */
export function replacePiece(life: NotificationLife, piece: Piece, owners: readonly Piece[]): NotificationLife {
  const part = life.shards?.[piece.shard]
  if (life.status !== 'sending' || !part || part.final !== null || !isSameRange(part, piece)) return life
  if (owners.some((owner) => owner.shard === piece.shard && isSameRange(owner, piece))) return life
  return { ...life, shards: { ...life.shards, ...partsOf(owners) } }
}

function partsOf(pieces: readonly Piece[]): Record<string, ShardPart> {
  return Object.fromEntries(pieces.map(({ shard, fromSlot, toSlot }) => [shard, { fromSlot, toSlot, final: null }]))
}

/** It goes to users or devices: its own ledger. */
export function startDirect(life: NotificationLife, now: number): NotificationLife {
  return { ...life, status: 'sending', startedAt: now }
}

/** The shards that have not said that they are done. */
export function openShards(life: NotificationLife): Piece[] {
  return Object.entries(life.shards ?? {}).flatMap(([shard, { final, ...range }]) =>
    final === null ? [{ shard, ...range }] : [],
  )
}

/** A shard has settled everybody. Repeated reports change nothing. */
export function shardDone(life: NotificationLife, shard: string, sums: LedgerSums, now: number): NotificationLife {
  const part = life.shards?.[shard]
  if (!part || part.final !== null) return life
  const next = { ...life, shards: { ...life.shards, [shard]: { ...part, final: sums } } }
  return openShards(next).length === 0 ? complete(next, now) : next
}

/** Nothing is pending any more. */
export function complete(life: NotificationLife, now: number): NotificationLife {
  if (life.completedAt !== null) return life
  return { ...life, status: life.status === 'canceled' ? 'canceled' : 'completed', completedAt: now }
}

/** The caller wants it stopped. What was finished stays finished. */
export function cancel(life: NotificationLife, now: number): NotificationLife {
  if (life.completedAt !== null || life.status === 'canceled') return life
  const canceled: NotificationLife = { ...life, status: 'canceled' }
  return life.startedAt === null ? { ...canceled, completedAt: now } : canceled
}

/** Adds up the ledgers of a notification. */
export function sum(ledgers: readonly LedgerSums[]): Omit<LedgerSums, 'opened' | 'done'> {
  const counts = emptyCounts()
  const byPlatform: Partial<Record<Platform, LedgerCounts>> = {}
  for (const ledger of ledgers) {
    addCounts(counts, ledger.counts)
    for (const [platform, of] of Object.entries(ledger.byPlatform) as [Platform, LedgerCounts][]) {
      byPlatform[platform] = addCounts(byPlatform[platform] ?? emptyCounts(), of)
    }
  }
  return { counts, byPlatform }
}
