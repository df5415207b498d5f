/**
 * How a shard gives half of its slots to a new one while it goes on working: one bounded step a call, each of which may
 * be the last one before a crash. The rows, the calls and what is stored are here; what follows what is decided in
 * push/shard-split.ts, and why nobody is lost or doubled is written in docs/design/shards.md.
 */
import { type CallRate, countCall, NO_CALLS } from '../push/call-rate.ts'
import { ALL_SLOTS } from '../push/shard-directory.ts'
import * as split from '../push/shard-split.ts'
import { forgetChanges, type LoggedChanges, logChanges, readChanges } from '../schema/ledger/changes.ts'
import * as moving from '../schema/ledger/moving-members.ts'
import { durable } from './durable.ts'
import type { Ledger } from './ledger.ts'
import { toMember } from './member-row.ts'
import type { Member, MemberKey, OwnerAnswer, ShardCalls } from './rpc.ts'
import { shardNamed } from './stubs.ts'
import { type ShardIdentity, shardName, topicName } from './topic-directory.ts'

/** A shard at its limit is copied in about this many steps, so that none holds up other callers for long. */
const STEPS_A_SPLIT = 10
/** Members of a transfer at most: about 1 MB of device tokens, well under what one RPC call may carry. */
const MOST_MEMBERS_A_STEP = 5_000
/** A busy shard with fewer members than this stays whole: one ticket for a shard is little enough. */
const LEAST_MEMBERS = 500
/** A new shard that is too large at once may ask the Topic before it is known there: it asks again after this. */
const ASK_AGAIN_MS = 1_000
/** A shard that could not be split is looked at again when it has grown by a tenth: looking reads every member. */
const GROWN_ENOUGH = 1.1

export class ShardGrowth {
  private readonly env: Env
  private readonly storage: DurableObjectStorage
  private readonly ledger: Ledger
  private readonly identity: ShardIdentity
  private readonly thresholds: split.SplitThresholds
  private readonly membersAStep: number
  private ownership: split.Ownership
  private rate: CallRate = NO_CALLS
  /** How many members there were when it turned out that they cannot be split. */
  private unsplittable = 0
  /** Epoch ms; before it the Topic is not asked for a new shard. */
  private askAt = 0
  private running: Promise<void> | null = null

  constructor(env: Env, storage: DurableObjectStorage, ledger: Ledger, identity: ShardIdentity) {
    this.env = env
    this.storage = storage
    this.ledger = ledger
    this.identity = identity
    const members = Number(env.SHARD_SPLIT_MEMBERS)
    const callsPerSecond = Number(env.SHARD_SPLIT_CALLS_PER_SECOND)
    this.thresholds = { members, callsPerSecond, leastMembers: Math.min(LEAST_MEMBERS, members) }
    this.membersAStep = Math.min(Math.max(1, Math.ceil(members / 2 / STEPS_A_SPLIT)), MOST_MEMBERS_A_STEP)
    const first = identity.number === 0 ? split.ownerOfRange(ALL_SLOTS) : split.NEW_SHARD
    this.ownership = storage.kv.get<split.Ownership>('ownership') ?? first
  }

  /** How this shard stands to some slots at this moment; see {@link whenOwn}. */
  standing(of: (ownership: split.Ownership) => split.Standing): split.Standing {
    return of(this.ownership)
  }

  /**
   * Does something if the slots are this shard's own. While they pass to a new shard, the caller lends a hand instead of
   * being kept waiting, and is told that they have moved.
   *
   * @param act runs in the same turn in which ownership was found; it must not wait for anything
   */
  async whenOwn<T>(of: (ownership: split.Ownership) => split.Standing, act: () => T): Promise<OwnerAnswer<T>> {
    for (;;) {
      const standing = this.standing(of)
      if (standing === 'own') return { kind: 'done', value: act() }
      if (standing === 'moved') return { kind: 'moved' }
      await this.step()
    }
  }

  /** Waits until no slots are passing to a new shard. */
  async whenClosed(): Promise<void> {
    while (split.isClosing(this.ownership)) await this.step()
  }

  /** The first slot beyond this shard's own; null: it owns nothing yet. */
  get endSlot(): number | null {
    return this.ownership.kind === 'owner' ? this.ownership.range.toSlot : null
  }

  /** Whether no slots have passed to a new shard, or are about to, since {@link endSlot} was this. */
  isStill(endSlot: number | null): boolean {
    return this.endSlot === endSlot && !split.isClosing(this.ownership)
  }

  /** Members have changed; the caller is in the transaction that changed them. */
  noteChanges(keys: readonly MemberKey[]): void {
    this.rate = countCall(this.rate, Date.now())
    logChanges(
      this.storage.sql,
      keys.filter(({ slot }) => split.isLogged(this.ownership, slot)),
    )
  }

  /** Whether it is too large or too busy, and nothing is being done about it. */
  get shouldBegin(): boolean {
    const { ownership, rate } = this
    if (ownership.kind !== 'owner' || ownership.split || Date.now() < this.askAt) return false
    const members = this.ledger.memberCount
    if (members < this.unsplittable * GROWN_ENOUGH) return false
    return split.wantsSplit({ members, callsPerSecond: rate.perSecond }, this.thresholds)
  }

  /** Whether {@link step} has something to do. */
  get wantsStep(): boolean {
    return (this.ownership.kind === 'owner' && this.ownership.split !== null) || this.shouldBegin
  }

  /** One step, or the rest of the one that is running: there is never more than one. */
  step(): Promise<void> {
    this.running ??= this.takeStep().finally(() => {
      this.running = null
    })
    return this.running
  }

  /** Members from the shard that this new one comes from. Idempotent, and deaf to what is late. */
  receive(parent: string, transfer: number, members: readonly Member[], gone: readonly MemberKey[]): void {
    const accepted = split.acceptTransfer(this.ownership, parent, transfer)
    if (!accepted) return
    this.storage.transactionSync(() => {
      this.ledger.join(members)
      this.ledger.leave(gone)
      this.keep(accepted)
    })
  }

  /** The slots are this new shard's own. Idempotent. */
  activate(range: { fromSlot: number; toSlot: number }): void {
    const owner = split.activate(this.ownership, range)
    if (owner !== this.ownership) this.keep(owner)
  }

  /** Deletes a step's worth of rows that have moved and that no fan-out reads any more. @returns whether there are more */
  forgetMoved(): boolean {
    const { ownership } = this
    if (ownership.kind !== 'owner' || !ownership.leftovers) return false
    const { sql } = this.storage
    const ownEnd = ownership.range.toSlot
    const from = Math.max(ownEnd, moving.readLastNeededSlot(sql))
    const more = this.storage.transactionSync(() => moving.deleteMembersFrom(sql, from, MOST_MEMBERS_A_STEP))
    if (!more && from === ownEnd) this.keep(split.forgetLeftovers(ownership))
    return more
  }

  private async takeStep(): Promise<void> {
    const { ownership } = this
    if (ownership.kind !== 'owner') return
    if (!ownership.split) return this.shouldBegin ? await this.begin(ownership) : undefined
    if (ownership.split.phase === 'copying') await this.copy(ownership, ownership.split)
    else if (ownership.split.phase === 'following') await this.follow(ownership)
    else await this.handOver(ownership, ownership.split)
  }

  private async begin({ range }: split.Owner): Promise<void> {
    const members = this.ledger.memberCount
    const at = moving.readMiddleSlot(this.storage.sql, range, members)
    this.unsplittable = at === null ? members : 0
    if (at === null) return
    const planned = await this.topic().beginSplit(this.identity.number, at)
    if (planned) this.keep(split.startSplit(this.owner, planned))
    else this.askAt = Date.now() + ASK_AGAIN_MS
  }

  private async copy(owner: split.Owner, { copiedTo }: split.Split): Promise<void> {
    const page = moving.readMemberPage(this.storage.sql, split.childRange(owner), copiedTo, this.membersAStep)
    await this.transfer(owner, page.map(toMember), [])
    const last = page.length < this.membersAStep ? null : page.at(-1)!
    this.keep(
      split.enterPage(this.owner, last && { platform: last.platform, slot: last.slot, deviceId: last.deviceId }),
    )
  }

  /** Until what is left to say fits into one step: from then on nothing is added to it. */
  private async follow(owner: split.Owner): Promise<void> {
    const changes = readChanges(this.storage.sql, this.membersAStep)
    if (changes.complete) this.keep(split.close(owner))
    else await this.tellChanges(owner, changes)
  }

  private async handOver(owner: split.Owner, { child }: split.Split): Promise<void> {
    const { sql } = this.storage
    const changes = readChanges(sql, this.membersAStep)
    if (changes.upTo !== null) return await this.tellChanges(owner, changes)
    await this.child(owner).activate(split.childRange(owner))
    await this.topic().commitSplit(this.identity.number, child)
    const smaller = split.shrink(this.owner)
    this.storage.transactionSync(() => {
      this.ledger.setMemberCount(moving.countMembers(sql, smaller.range))
      this.keep(smaller)
    })
    this.rate = NO_CALLS
  }

  private async tellChanges(owner: split.Owner, changes: LoggedChanges): Promise<void> {
    await this.transfer(owner, changes.members.map(toMember), changes.gone)
    if (changes.upTo !== null) forgetChanges(this.storage.sql, changes.upTo)
  }

  private async transfer(owner: split.Owner, members: Member[], gone: MemberKey[]): Promise<void> {
    if (members.length === 0 && gone.length === 0) return
    const numbered = split.numberTransfer(owner)
    this.keep(numbered)
    await this.child(numbered).receive(shardName(this.identity), numbered.split.transfer, members, gone)
  }

  /** The ownership as it is after waiting: only steps change an owner, and there is one at a time. */
  private get owner(): split.Owner {
    if (this.ownership.kind !== 'owner') throw new Error('a shard that owns nothing cannot be split')
    return this.ownership
  }

  private keep(ownership: split.Ownership): void {
    this.ownership = ownership
    this.storage.kv.put('ownership', ownership)
  }

  /** A new stub for every call, see stubs.ts. */
  private child(owner: split.Owner): ShardCalls {
    return shardNamed(this.env, shardName({ ...this.identity, number: owner.split!.child }))
  }

  private topic() {
    return durable(this.env.TOPIC, topicName(this.identity.appId, this.identity.topic))
  }
}
