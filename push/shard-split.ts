/**
 * The life of a shard's ownership as a state machine: what a shard may answer for, and how it gives half of it to a
 * new shard. Pure: the rows, the calls and the clock are its caller's (durable-objects/shard-growth.ts).
 *
 *   owner: whole ──▶ copying ──▶ following ──▶ closing ──▶ whole, up to the cut
 *   new shard:                 receiving ──────────────▶ owner, from the cut on
 *
 * While it copies and follows, the old shard answers for everything and keeps a log of what changed beyond the cut.
 * Whatever is sent to the new shard is the state of that moment, so order does not matter as long as an older state
 * never overtakes a newer one: every transfer has a number, and the new shard refuses all but higher ones.
 */
import type { Platform } from './device.ts'
import { covers, hasSlot, type SlotRange } from './shard-directory.ts'

/** Where copying goes on: after this member, in the order of the rows' key. */
export interface CopiedTo {
  readonly platform: Platform
  readonly slot: number
  readonly deviceId: string
}

export interface Split {
  /** Number of the new shard, which will own the slots from `at` on. */
  readonly child: number
  readonly at: number
  /**
   * `copying`: all members beyond the cut are sent, page by page. `following`: what changed meanwhile is sent, until
   * little is left. `closing`: changes beyond the cut are not taken any more; the rest is sent and ownership passes.
   */
  readonly phase: 'copying' | 'following' | 'closing'
  /** While copying; null: nothing is copied yet. */
  readonly copiedTo: CopiedTo | null
  /** Number of the last transfer. */
  readonly transfer: number
}

export interface Owner {
  readonly kind: 'owner'
  readonly range: SlotRange
  readonly split: Split | null
  /** Rows beyond the range are still here: fan-outs that were opened before the slots moved read them. */
  readonly leftovers: boolean
}

/** A new shard: owns nothing, and takes members from the one that it comes from. */
export interface Receiver {
  readonly kind: 'receiver'
  /** Name of the shard it comes from; null: nobody has sent anything. */
  readonly parent: string | null
  readonly transfer: number
}

export type Ownership = Owner | Receiver

export const NEW_SHARD: Receiver = { kind: 'receiver', parent: null, transfer: 0 }

export function ownerOfRange({ fromSlot, toSlot }: SlotRange): Owner {
  return { kind: 'owner', range: { fromSlot, toSlot }, split: null, leftovers: false }
}

/** The owner begins to give away its slots from `at` on. A split that runs goes on as it is. */
export function startSplit(owner: Owner, { child, at }: Pick<Split, 'child' | 'at'>): Owner {
  if (owner.split) return owner
  return { ...owner, split: { child, at, phase: 'copying', copiedTo: null, transfer: 0 } }
}

/** Numbers the next transfer. To be stored before it is sent, so that no later one has a lower number. */
export function numberTransfer(owner: Owner): Owner & { readonly split: Split } {
  const split = runningSplit(owner)
  return { ...owner, split: { ...split, transfer: split.transfer + 1 } }
}

/** A page has arrived. @param last its last member; null: there was none left to copy */
export function enterPage(owner: Owner, last: CopiedTo | null): Owner {
  const split = runningSplit(owner)
  if (split.phase !== 'copying') return owner
  return { ...owner, split: last ? { ...split, copiedTo: last } : { ...split, phase: 'following', copiedTo: null } }
}

/** Changes beyond the cut are not taken from now on. */
export function close(owner: Owner): Owner {
  const split = runningSplit(owner)
  return { ...owner, split: { ...split, phase: 'closing', copiedTo: null } }
}

/** The new shard owns its slots, everywhere: what is left is this shard's. */
export function shrink(owner: Owner): Owner {
  const { at } = runningSplit(owner)
  return { ...ownerOfRange({ fromSlot: owner.range.fromSlot, toSlot: at }), leftovers: true }
}

/** Nothing is left beyond the range. */
export function forgetLeftovers(owner: Owner): Owner {
  return { ...owner, leftovers: false }
}

/** What the new shard will own. */
export function childRange(owner: Owner): SlotRange {
  return { fromSlot: runningSplit(owner).at, toSlot: owner.range.toSlot }
}

/** A transfer arrives at a new shard. Null: it is late, somebody else's, or the shard has become an owner; ignore it. */
export function acceptTransfer(ownership: Ownership, parent: string, transfer: number): Receiver | null {
  if (ownership.kind !== 'receiver' || transfer <= ownership.transfer) return null
  if (ownership.parent !== null && ownership.parent !== parent) return null
  return { kind: 'receiver', parent, transfer }
}

/** The new shard becomes an owner. Said again it changes nothing: it may have split itself meanwhile. */
export function activate(ownership: Ownership, range: SlotRange): Owner {
  return ownership.kind === 'owner' ? ownership : ownerOfRange(range)
}

/**
 * What a shard says to a call about some slots. `closing`: they pass to the new shard at this moment; finish that,
 * then ask again. `moved`: not its own (any more), the Topic knows whose.
 */
export type Standing = 'own' | 'closing' | 'moved'

export function standingOfSlots(ownership: Ownership, slots: Iterable<number>): Standing {
  let standing: Standing = 'own'
  for (const slot of slots) {
    if (ownership.kind !== 'owner' || !hasSlot(ownership.range, slot)) return 'moved'
    if (isClosing(ownership) && slot >= ownership.split.at) standing = 'closing'
  }
  return standing
}

export function standingOfRange(ownership: Ownership, range: SlotRange): Standing {
  if (ownership.kind !== 'owner' || !covers(ownership.range, range)) return 'moved'
  return isClosing(ownership) ? 'closing' : 'own'
}

/** Whether a change of this slot has to be told to the new shard later. */
export function isLogged(ownership: Ownership, slot: number): boolean {
  return ownership.kind === 'owner' && ownership.split !== null && slot >= ownership.split.at
}

export function isClosing(ownership: Ownership): ownership is Owner & { readonly split: Split } {
  return ownership.kind === 'owner' && ownership.split?.phase === 'closing'
}

/** When a shard is too large or too busy. */
export interface SplitThresholds {
  readonly members: number
  /** Calls that change members, a second. */
  readonly callsPerSecond: number
  /** A busy shard with fewer members stays whole. */
  readonly leastMembers: number
}

export function wantsSplit(now: { members: number; callsPerSecond: number }, thresholds: SplitThresholds): boolean {
  if (now.members > thresholds.members) return true
  return now.callsPerSecond > thresholds.callsPerSecond && now.members >= thresholds.leastMembers
}

function runningSplit(owner: Owner): Split {
  if (!owner.split) throw new Error('no split is running')
  return owner.split
}
