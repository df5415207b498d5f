/**
 * One topic's directory: which shards own which slots. Small control state, kept by itty-durable; it holds no
 * subscribers and is not asked per push or per subscription (callers keep what it says). What may become of the ranges
 * is decided in push/shard-directory.ts.
 */
import * as directory from '../push/shard-directory.ts'
import { Durable } from './durable.ts'

export class Topic extends Durable {
  /** In the order of their slots, without gaps: every slot has exactly one owner. */
  ranges: readonly directory.ShardRange[] = directory.FIRST_DIRECTORY.ranges
  splits: readonly directory.PlannedSplit[] = directory.FIRST_DIRECTORY.splits
  nextShard = directory.FIRST_DIRECTORY.nextShard

  /** All shards of the topic. */
  directory(): readonly directory.ShardRange[] {
    return this.ranges
  }

  /** A shard wants to give away its slots from `at` on. Answers to which new shard, and from where on; null: not now. */
  beginSplit(shard: number, at: number): directory.PlannedSplit | null {
    const begun = directory.beginSplit(this, shard, at)
    this.keep(begun.directory)
    return begun.split
  }

  /** The new shard has everything: it owns its slots from now on. Idempotent. */
  commitSplit(shard: number, child: number): void {
    this.keep(directory.commitSplit(this, shard, child))
  }

  private keep({ ranges, splits, nextShard }: directory.ShardDirectory): void {
    this.ranges = ranges
    this.splits = splits
    this.nextShard = nextShard
  }
}
