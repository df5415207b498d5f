/**
 * The subscribers of one slot range of a topic, ordered by slot, and the ledger of every fan-out over them.
 * A thin shell: membership and tickets are ledger.ts, decisions are push/.
 */
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import { oldestReportedAt, sweepStep } from '../schema/ledger/sweep.ts'
import migrations from '../schema/migrations/ledger/migrations.js'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { LedgerObject } from './ledger-object.ts'
import type { FanoutOrder, LedgerView, Member, MemberKey, ShardCalls } from './rpc.ts'
import { notificationNamed } from './stubs.ts'

/** A fan-out's ledger answers questions this long, as its Notification does; then it makes room. */
const LEDGER_LIFE_MS = 30 * 24 * 60 * 60 * 1000

export class SubscriberShard extends LedgerObject implements ShardCalls {
  /** A sweep has begun; one that is forgotten by an eviction begins again with the next old ledger. */
  private sweeping = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.blockConcurrencyWhile(() => migrate(drizzle(ctx.storage), migrations))
  }

  /** Makes devices subscribers, or brings their addresses up to date. Idempotent. */
  async join(members: Member[]): Promise<void> {
    this.ledger.join(members)
  }

  /** Ends subscriptions. Idempotent. */
  async leave(keys: MemberKey[]): Promise<void> {
    this.ledger.leave(keys)
  }

  /** How many subscribers there are now. */
  async count(): Promise<number> {
    return this.ledger.memberCount
  }

  /** Opens the ledger of a notification and enqueues its tickets. Safe to repeat. */
  async open(order: FanoutOrder): Promise<void> {
    await this.openFanout(order)
  }

  override async alarm(): Promise<void> {
    this.alarmRang()
    const now = Date.now()
    const nextAt = await this.wakeLedger(now)
    if (nextAt !== null) await this.wakeBy(nextAt)
    else await this.sweep(now)
  }

  /** One step a ring, only when nothing is being sent, and only while there is something old: a step reads all members. */
  private async sweep(now: number): Promise<void> {
    const { sql } = this.ctx.storage
    const oldestAt = oldestReportedAt(sql)
    const isOld = oldestAt !== null && oldestAt < now - LEDGER_LIFE_MS
    if (isOld || this.sweeping) {
      this.sweeping = this.ctx.storage.transactionSync(() => sweepStep(sql, now - LEDGER_LIFE_MS))
      await this.wakeBy(now)
    } else if (oldestAt !== null) await this.wakeBy(oldestAt + LEDGER_LIFE_MS)
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
