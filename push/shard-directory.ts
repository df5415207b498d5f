/**
 * Which shards of a topic own which slots, and how that changes. Pure: plain values in, plain values out.
 *
 * Ranges are disjoint and without gaps, and they are only ever split: the range of a shard never grows, and a slot
 * that a shard has given away never comes back to it. Much rests on that: whoever asked a shard for slots and was
 * refused once will be refused forever.
 */
import { SLOT_COUNT } from './slot.ts'

/** Slots from `fromSlot` up to, not including, `toSlot`. */
export interface SlotRange {
  readonly fromSlot: number
  readonly toSlot: number
}

/** A shard, numbered within its topic, and the slots it owns. */
export interface ShardRange extends SlotRange {
  readonly shard: number
}

/** A part of a topic: a shard by its name, and the slots that are expected of it. */
export interface Piece extends SlotRange {
  /** Name of the SubscriberShard. */
  readonly shard: string
}

/** A shard is giving its slots from `at` on to a new one. */
export interface PlannedSplit {
  readonly shard: number
  readonly child: number
  readonly at: number
}

export interface ShardDirectory {
  /** In the order of their slots. */
  readonly ranges: readonly ShardRange[]
  /** Begun and not committed; at most one a shard. */
  readonly splits: readonly PlannedSplit[]
  /** The number of the next new shard. Numbers are never used twice. */
  readonly nextShard: number
}

export const ALL_SLOTS: SlotRange = { fromSlot: 0, toSlot: SLOT_COUNT }

/** A topic begins as one shard that owns everything. */
export const FIRST_DIRECTORY: ShardDirectory = { ranges: [{ shard: 0, ...ALL_SLOTS }], splits: [], nextShard: 1 }

/**
 * Gives a new shard its number. A shard that asks again is answered the same, whatever slot it names now; a shard
 * that owns nothing yet, or a slot that would leave one of the two with nothing, gets null.
 */
export function beginSplit(
  directory: ShardDirectory,
  shard: number,
  at: number,
): { readonly directory: ShardDirectory; readonly split: PlannedSplit | null } {
  const planned = directory.splits.find((split) => split.shard === shard)
  if (planned) return { directory, split: planned }
  const range = directory.ranges.find((owner) => owner.shard === shard)
  if (!range || at <= range.fromSlot || at >= range.toSlot) return { directory, split: null }
  const split = { shard, child: directory.nextShard, at }
  const splits = [...directory.splits, split]
  return { directory: { ...directory, splits, nextShard: directory.nextShard + 1 }, split }
}

/** The new shard owns its slots from now on. Committed twice, it changes nothing. */
export function commitSplit(directory: ShardDirectory, shard: number, child: number): ShardDirectory {
  const planned = directory.splits.find((split) => split.shard === shard && split.child === child)
  if (!planned) return directory
  const ranges = directory.ranges.flatMap((range) => {
    if (range.shard !== shard) return [range]
    const { at } = planned
    return [
      { ...range, toSlot: at },
      { shard: child, fromSlot: at, toSlot: range.toSlot },
    ]
  })
  return { ...directory, ranges, splits: directory.splits.filter((split) => split !== planned) }
}

/** @throws when no range has the slot, which no directory allows */
export function ownerOf(ranges: readonly ShardRange[], slot: number): ShardRange {
  const range = ranges.find((owner) => hasSlot(owner, slot))
  if (!range) throw new Error(`no shard owns slot ${slot}`)
  return range
}

/** The owners of a range, each with the part of it that it owns. */
export function ownersWithin(ranges: readonly ShardRange[], within: SlotRange): ShardRange[] {
  return ranges.flatMap(({ shard, ...range }) => {
    const fromSlot = Math.max(range.fromSlot, within.fromSlot)
    const toSlot = Math.min(range.toSlot, within.toSlot)
    return fromSlot < toSlot ? [{ shard, fromSlot, toSlot }] : []
  })
}

export function hasSlot({ fromSlot, toSlot }: SlotRange, slot: number): boolean {
  return slot >= fromSlot && slot < toSlot
}

/** Whether all slots of the second range are in the first. */
export function covers(range: SlotRange, part: SlotRange): boolean {
  return part.fromSlot >= range.fromSlot && part.toSlot <= range.toSlot
}

export function isSameRange(a: SlotRange, b: SlotRange): boolean {
  return a.fromSlot === b.fromSlot && a.toSlot === b.toSlot
}
