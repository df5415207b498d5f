/**
 * One topic's directory: which shards own which slots. Small control state, kept by itty-durable; it holds no
 * subscribers and is not asked per push or per subscription (callers keep what it says).
 */
import { SLOT_COUNT } from '../push/slot.ts'
import { Durable } from './durable.ts'

/** A shard and the slots it owns: `fromSlot` up to, not including, `toSlot`. */
export interface ShardRange {
  readonly shard: number
  readonly fromSlot: number
  readonly toSlot: number
}

export class Topic extends Durable {
  /** In the order of their slots, without gaps: every slot has exactly one owner. */
  ranges: ShardRange[] = [{ shard: 0, fromSlot: 0, toSlot: SLOT_COUNT }]

  /** All shards of the topic. */
  directory(): ShardRange[] {
    return this.ranges
  }
}
