/**
 * The subscribers of one slot range of a topic, ordered by slot, and the ledger of every fan-out over them.
 * A thin shell: membership and tickets are ledger.ts, what becomes of the range is shard-growth.ts, decisions are push/.
 */
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import { isSameRange, type SlotRange } from '../push/shard-directory.ts'
import { type Ownership, type Standing, standingOfRange, standingOfSlots } from '../push/shard-split.ts'
import { readMembers, readSomeKeys } from '../schema/ledger/moving-members.ts'
import { oldestReportedAt, sweepStep } from '../schema/ledger/sweep.ts'
import migrations from '../schema/migrations/ledger/migrations.js'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { LedgerObject } from './ledger-object.ts'
import { toMember } from './member-row.ts'
import { refreshMovedRecipients } from './moved-recipients.ts'
import type { FanoutOrder, Lease, LedgerView, Member, MemberKey, OwnerAnswer, ShardCalls } from './rpc.ts'
import { ShardGrowth } from './shard-growth.ts'
import { notificationNamed } from './stubs.ts'
import { parseShardName, type ShardIdentity } from './topic-directory.ts'

/**
 * A fan-out's ledger answers questions as long as its Notification does, then it makes room: 30 days after a send was
 * completed, which may be as late as the end of the longest `ttl_seconds`, 28 days, after the ledger was opened.
 */
const LEDGER_LIFE_MS = (28 + 30) * 24 * 60 * 60 * 1000
const SWEEP_EVERY_MS = 24 * 60 * 60 * 1000

/** Members taken out in one step of emptying a topic; see ROWS_A_STEP in schema/ledger/sweep.ts. */
const MEMBERS_A_DROP = 5_000

/** Steps of a split in one ring of the alarm, so that what else the alarm is for comes round again. */
const GROWTH_STEPS_A_RING = 10
/** How soon a step of a split that failed is tried again. Meanwhile this shard answers for everything as before. */
const GROWTH_RETRY_MS = 5_000

export class SubscriberShard extends LedgerObject implements ShardCalls {
  private readonly growth: ShardGrowth
  private readonly identity: ShardIdentity
  /** A sweep has begun; one that is forgotten by an eviction begins again with the next old ledger. */
  private sweeping = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.identity = parseShardName(ctx.id.name!)
    this.growth = new ShardGrowth(env, ctx.storage, this.ledger, this.identity)
    ctx.blockConcurrencyWhile(() => migrate(drizzle(ctx.storage), migrations))
  }

  /** Makes devices subscribers, or brings their addresses up to date. Idempotent. */
  async join(members: Member[]): Promise<OwnerAnswer<null>> {
    return await this.change(members, () => this.ledger.join(members))
  }

  /** Ends subscriptions. Idempotent. */
  async leave(keys: MemberKey[]): Promise<OwnerAnswer<null>> {
    return await this.change(keys, () => this.ledger.leave(keys))
  }

  /** Ends subscriptions and makes others in one turn: who only changes places is at none of them twice or missing. */
  async replace(gone: MemberKey[], members: Member[]): Promise<OwnerAnswer<null>> {
    return await this.change([...gone, ...members], () => {
      this.ledger.leave(gone)
      this.ledger.join(members)
    })
  }

  /** Those of the given devices that are subscribers, as they are now. */
  async find(keys: MemberKey[]): Promise<OwnerAnswer<Member[]>> {
    return await this.growth.whenOwn(ofSlots(keys), () => readMembers(this.ctx.storage.sql, keys).map(toMember))
  }

  /** How many subscribers there are now, for a caller that knows this shard's range. */
  async count(range: SlotRange): Promise<OwnerAnswer<number>> {
    return await this.growth.whenOwn(ofExactly(range), () => this.ledger.memberCount)
  }

  /** Ends some subscriptions, for a caller that knows this shard's range. Answers whether there may be more. */
  async dropSome(range: SlotRange): Promise<OwnerAnswer<boolean>> {
    return await this.growth.whenOwn(ofExactly(range), () => {
      const keys = readSomeKeys(this.ctx.storage.sql, MEMBERS_A_DROP, range)
      this.enter(keys, () => this.ledger.leave(keys))
      return keys.length === MEMBERS_A_DROP
    })
  }

  /**
   * Opens the ledger of a notification over some of this shard's slots and enqueues its tickets. Safe to repeat. A
   * ledger that is open covers all of its slots, whoever owns them by now.
   */
  async open(order: FanoutOrder): Promise<OwnerAnswer<null>> {
    const own = () => this.growth.standing((ownership) => standingOfRange(ownership, order)) === 'own'
    for (;;) {
      await this.growth.whenClosed()
      if (await this.openFanout(order, own)) return { kind: 'done', value: null }
      if (this.growth.standing((ownership) => standingOfRange(ownership, order)) === 'moved') return { kind: 'moved' }
    }
  }

  /** As in the base; recipients whose slots have moved since the fan-out was opened are looked up first. */
  override async lease(notificationId: string, number: number): Promise<Lease> {
    for (;;) {
      await this.growth.whenClosed()
      const { endSlot } = this.growth
      if (endSlot !== null) {
        const moved = { notificationId, number, endSlot }
        await refreshMovedRecipients(this.env, this.ctx.storage, this.ledger, this.identity, moved)
      }
      // More slots may have passed on while their owners were asked: those that have them now were not.
      if (this.growth.isStill(endSlot)) return await super.lease(notificationId, number)
    }
  }

  /** From the shard that this one comes from: members as they are now. */
  async receive(parent: string, transfer: number, members: Member[], gone: MemberKey[]): Promise<void> {
    this.growth.receive(parent, transfer, members, gone)
  }

  /** From the same: these slots are this shard's own. */
  async activate(range: SlotRange): Promise<void> {
    this.growth.activate(range)
    await this.growInTime()
  }

  override async alarm(): Promise<void> {
    this.alarmRang()
    const now = Date.now()
    const nextAt = await this.wakeLedger(now)
    if (nextAt !== null) await this.wakeBy(nextAt)
    else await this.sweep(now)
    await this.grow(now)
  }

  /** Some steps of a split, or of forgetting what has moved. */
  private async grow(now: number): Promise<void> {
    if (this.growth.forgetMoved()) await this.wakeBy(now)
    if (!this.growth.wantsStep) return
    // Armed before the work: whatever happens now, this goes on.
    await this.wakeBy(now + GROWTH_RETRY_MS)
    try {
      for (let step = 0; step < GROWTH_STEPS_A_RING && this.growth.wantsStep; step++) await this.growth.step()
      if (this.growth.wantsStep || this.growth.forgetMoved()) await this.wakeBy(Date.now())
    } catch (error) {
      console.error('a split did not get on, the alarm repeats it', { shard: this.ctx.id.name, error: String(error) })
    }
  }

  private async change(keys: readonly MemberKey[], enter: () => void): Promise<OwnerAnswer<null>> {
    const answer = await this.growth.whenOwn(ofSlots(keys), () => {
      this.enter(keys, enter)
      return null
    })
    await this.growInTime()
    return answer
  }

  /** A split that runs has an alarm already, unless the platform gave it up: then this one brings it back. */
  private async growInTime(): Promise<void> {
    if (this.growth.shouldBegin) await this.wakeBy(Date.now())
    else if (this.growth.wantsStep) await this.wakeBy(Date.now() + GROWTH_RETRY_MS)
  }

  /** Changes members, and what has to be told of it to a new shard, in one transaction. */
  private enter(keys: readonly MemberKey[], change: () => void): void {
    this.ctx.storage.transactionSync(() => {
      change()
      this.growth.noteChanges(keys)
    })
  }

  /** One step a ring, only when nothing is being sent, and at most once a day: it reads all ledgers and all members. */
  private async sweep(now: number): Promise<void> {
    const { sql, kv } = this.ctx.storage
    const sweepAt = kv.get<number>('sweepAt') ?? 0
    if (!this.sweeping && now < sweepAt) return await this.wakeBy(sweepAt)
    const oldestAt = oldestReportedAt(sql)
    if (oldestAt === null && !this.sweeping) return
    const isOld = oldestAt !== null && oldestAt < now - LEDGER_LIFE_MS
    if (isOld || this.sweeping) {
      this.sweeping = this.ctx.storage.transactionSync(() => sweepStep(sql, now - LEDGER_LIFE_MS))
    }
    if (this.sweeping) return await this.wakeBy(now)
    const nextAt = Math.max(now + SWEEP_EVERY_MS, (oldestAt ?? now) + LEDGER_LIFE_MS)
    kv.put('sweepAt', nextAt)
    await this.wakeBy(nextAt)
  }

  protected override get ref(): LedgerRef {
    return { kind: 'shard', name: this.ctx.id.name! }
  }

  protected override get urgent(): boolean {
    return false
  }

  protected override async whenDone(notificationId: string, view: LedgerView): Promise<void> {
    const appId = this.ledger.fanout(notificationId)!.appId
    await notificationNamed(this.env, appId, notificationId).shardDone(this.ctx.id.name!, view)
  }
}

function ofSlots(keys: readonly MemberKey[]): (ownership: Ownership) => Standing {
  return (ownership) =>
    standingOfSlots(
      ownership,
      keys.map(({ slot }) => slot),
    )
}

/** A range that is only a part of what the shard owns is one that the caller knows too little about. */
function ofExactly(range: SlotRange): (ownership: Ownership) => Standing {
  return (ownership) => {
    const standing = standingOfRange(ownership, range)
    const exact = ownership.kind === 'owner' && isSameRange(ownership.range, range)
    return standing === 'own' && !exact ? 'moved' : standing
  }
}
