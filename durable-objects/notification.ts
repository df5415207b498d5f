/**
 * One send: what was asked, its state, its schedule and its counts. Sends to a topic are counted by the topic's
 * shards, which report here; sends to users and devices have their ledger in this object. The states and sums are
 * decided in push/notification-life.ts; receipts are receipts.ts; nothing here talks to a push service.
 */
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import type { Send } from '../push/notification.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import * as life from '../push/notification-life.ts'
import { listCredentialPlatforms } from '../schema/d1/credentials.ts'
import { databaseOf } from '../schema/databases.ts'
import migrations from '../schema/migrations/notification/migrations.js'
import { countReceipts, putReceipts } from '../schema/notification/receipts.ts'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { type DirectAudience, readDirectMembers, readFreshMembers } from './direct-audience.ts'
import { LedgerObject } from './ledger-object.ts'
import type {
  CreateAnswer,
  DeliveryPage,
  DeliveryQuery,
  FanoutOrder,
  Lease,
  LedgerView,
  NotificationCalls,
  NotificationView,
  ReceiptCounts,
  ReceiptEvent,
} from './rpc.ts'
import { shardDeliveries } from './shard-deliveries.ts'
import { askShards, cancelShard, chaseShard, enqueueShards } from './topic-fanout.ts'
import { shardsOfTopic } from './topic-members.ts'

const NO_RECEIPTS: ReceiptCounts = { delivered: 0, opened: 0, clicked: 0 }

/** Finished notifications are kept this long for questions about them, then their object is emptied. */
const RETENTION_MS = 30 * 24 * 60 * 60 * 1000

/** A direct send's recipients are read again from the devices' table when a lease comes this long after the start. */
const FRESH_FOR_MS = 5_000

export class Notification extends LedgerObject implements NotificationCalls {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (this.hasTables) ctx.blockConcurrencyWhile(() => this.migrate())
  }

  /** Accepts a send. Idempotent by the object's name: a second call with the same body answers the first one's id. */
  async create(request: { id: string; appId: string; send: Send; bodyHash: string }): Promise<CreateAnswer> {
    const earlier = await this.replay(request.bodyHash)
    if (earlier) return earlier
    const now = Date.now()
    const created = life.begin(request, now)
    this.write(created)
    await this.wakeBy(created.status === 'scheduled' ? (created.send.sendAt ?? now) : now + this.leaseMs)
    if (created.status === 'queued') this.ctx.waitUntil(this.startSoon(now))
    return { kind: 'created', id: created.id, status: created.status }
  }

  /** What a repetition of an earlier request gets; null when there was none. Changes nothing. */
  async replay(bodyHash: string): Promise<CreateAnswer | null> {
    const known = this.read()
    if (!known) return null
    if (known.bodyHash !== bodyHash) return { kind: 'conflict' }
    return { kind: 'replayed', id: known.id, status: life.firstStatus(known.send, known.createdAt) }
  }

  /** What it is and how far it got; null when there is no such notification. */
  async view(): Promise<NotificationView | null> {
    const known = this.read()
    if (!known) return null
    const { id, status, send, createdAt, startedAt, completedAt } = known
    const { counts, byPlatform } = life.sum(await this.ledgerViews(known))
    const receipts = this.hasTables ? countReceipts(this.ctx.storage.sql) : NO_RECEIPTS
    return { id, status, send, createdAt, startedAt, completedAt, counts, byPlatform, receipts }
  }

  /** What a shard needs to open its ledger; null when there is nothing to open any more. */
  async order(): Promise<FanoutOrder | null> {
    const known = this.read()
    if (known?.status !== 'sending') return null
    return this.orderOf(known)
  }

  /** A shard has settled everybody. */
  async shardDone(shard: string, view: LedgerView): Promise<void> {
    const known = this.read()
    if (known) await this.advance(life.shardDone(known, shard, view, Date.now()))
  }

  /** Stops what has not been handed to a push service. */
  async cancel(): Promise<NotificationView | null> {
    const known = this.read()
    if (!known) return null
    await this.advance(life.cancel(known, Date.now()))
    for (const shard of life.openShards(known)) {
      const view = await cancelShard(this.env, known, shard)
      if (view) await this.shardDone(shard, view)
    }
    if (known.shards === null && known.startedAt !== null) await this.cancelOwn(known)
    return await this.view()
  }

  /** A page of what became of each recipient. */
  async deliveries(query: DeliveryQuery): Promise<DeliveryPage | null> {
    const known = this.read()
    if (!known) return null
    if (known.shards === null) {
      return this.hasTables ? await this.ledgerDeliveries(known.id, query) : { data: [], nextCursor: null }
    }
    return await shardDeliveries(this.env, Object.keys(known.shards), known.id, query)
  }

  /** Counts what a device reports, each event once. False: no such notification. */
  async record(deviceId: string, events: { event: ReceiptEvent; at: number }[]): Promise<boolean> {
    if (!this.read()) return false
    await this.makeTables()
    putReceipts(this.ctx.storage.sql, deviceId, events)
    return true
  }

  /** As in the base, but a late lease reads the devices again: a rotated or retired address is never used. */
  override async lease(notificationId: string, number: number): Promise<Lease> {
    const known = this.read()
    if (!known || !this.hasTables) return { kind: 'nothing' }
    if (Date.now() - (known.startedAt ?? 0) > FRESH_FOR_MS) await this.refreshMembers(known)
    return await super.lease(notificationId, number)
  }

  override async alarm(): Promise<void> {
    this.alarmRang()
    const known = this.read()
    if (!known) return
    const now = Date.now()
    if (known.completedAt !== null) return await this.lookAfterFinished(known.completedAt, now)
    if (known.status === 'scheduled' && !life.isDue(known, now)) return await this.wakeBy(known.send.sendAt ?? now)
    // Armed before the work: an alarm that fails six times is not repeated by the platform.
    await this.wakeBy(now + this.leaseMs)
    if (life.isDue(known, now)) await this.start(now)
    else if (known.shards === null) await this.wakeOwn(now)
    else await this.chaseShards(known)
  }

  protected override get ref(): LedgerRef {
    return { kind: 'notification', name: this.ctx.id.name! }
  }

  protected override get urgent(): boolean {
    return this.read()?.send.message.priority === 'high'
  }

  protected override async whenDone(_notificationId: string, _view: LedgerView): Promise<void> {
    const known = this.read()
    if (known) await this.advance(life.complete(known, Date.now()))
  }

  /** Starts right after the answer; a start that fails is reported here and repeated by the alarm. */
  private async startSoon(now: number): Promise<void> {
    try {
      await this.start(now)
    } catch (error) {
      console.error('a start failed, the alarm repeats it', { id: this.read()?.id, error: String(error) })
    }
  }

  /** Resolves the audience and hands it on. Repeated by the alarm until it succeeded once. */
  private async start(now: number): Promise<void> {
    const known = this.read()
    if (!known || !life.isDue(known, now)) return
    const { audience } = known.send
    if (audience.kind === 'topic') {
      const shards = await shardsOfTopic(this.env, known.appId, audience.topic)
      const started = life.startShards(this.read() ?? known, shards, now)
      await this.advance(started)
      return await enqueueShards(this.env, started)
    }
    await this.startDirect(known, audience, now)
  }

  private async startDirect(known: NotificationLife, audience: DirectAudience, now: number): Promise<void> {
    const members = await readDirectMembers(databaseOf(this.env, known.appId), known.appId, audience)
    const order = await this.orderOf(known)
    await this.makeTables()
    // Everything that had to be waited for is here. Canceled or started by another call meanwhile: nothing starts.
    const current = this.read()
    if (!current || !life.isDue(current, now)) return
    this.ledger.join(members)
    this.write(life.startDirect(current, now))
    await this.openFanout(order)
  }

  private async orderOf(known: NotificationLife): Promise<FanoutOrder> {
    const { id, appId, send, expiresAt } = known
    const platforms = await listCredentialPlatforms(databaseOf(this.env, appId), appId)
    return { notificationId: id, appId, message: send.message, guarantee: send.guarantee, expiresAt, platforms }
  }

  private async chaseShards(known: NotificationLife): Promise<void> {
    for (const shard of life.openShards(known)) {
      const view = await chaseShard(this.env, known, shard)
      if (view) await this.shardDone(shard, view)
    }
  }

  private async cancelOwn(known: NotificationLife): Promise<void> {
    await this.cancelFanout(known.id, known.appId)
    // A ledger that was not open yet is closed without a word, so nobody else says that this is over.
    const current = this.read()
    if (current && this.ownView(current)?.done) await this.advance(life.complete(current, Date.now()))
  }

  /** Devices may still wait to be retired; after that it is kept for questions, and emptied. */
  private async lookAfterFinished(completedAt: number, now: number): Promise<void> {
    if (now >= completedAt + RETENTION_MS) return await this.ctx.storage.deleteAll()
    const nextAt = this.hasTables ? await this.wakeLedger(now) : null
    await this.wakeBy(nextAt ?? completedAt + RETENTION_MS)
  }

  private async wakeOwn(now: number): Promise<void> {
    const known = this.read()
    if (known?.status === 'canceled' && !this.ownView(known)) return await this.cancelOwn(known)
    if (known?.startedAt != null && !this.ownView(known)) await this.openFanout(await this.orderOf(known))
    const nextAt = await this.wakeLedger(now)
    if (nextAt !== null) await this.wakeBy(nextAt)
  }

  private async ledgerViews(known: NotificationLife): Promise<LedgerView[]> {
    if (known.shards === null) return [this.ownView(known) ?? life.EMPTY_VIEW]
    return await askShards(this.env, known)
  }

  private async refreshMembers(known: NotificationLife): Promise<void> {
    const { audience } = known.send
    if (audience.kind === 'topic') return
    const { current, gone } = await readFreshMembers(
      databaseOf(this.env, known.appId),
      known.appId,
      audience,
      this.ctx.storage.sql,
    )
    this.ledger.leave(gone)
    this.ledger.join(current)
  }

  private async advance(next: NotificationLife): Promise<void> {
    this.write(next)
    if (next.completedAt !== null) await this.wakeBy(next.completedAt + RETENTION_MS)
  }

  private ownView(known: NotificationLife): LedgerView | null {
    return this.hasTables ? this.ledger.view(known.id) : null
  }

  /**
   * Tables are made when something has to be put into them: a send to a topic needs none, and an id that somebody
   * guessed must not leave any behind.
   */
  private async makeTables(): Promise<void> {
    if (this.hasTables) return
    await this.migrate()
    this.ctx.storage.kv.put('tables', true)
  }

  private get hasTables(): boolean {
    return this.ctx.storage.kv.get<boolean>('tables') === true
  }

  private async migrate(): Promise<void> {
    await migrate(drizzle(this.ctx.storage), migrations)
  }

  private read(): NotificationLife | null {
    return this.ctx.storage.kv.get<NotificationLife>('notification') ?? null
  }

  private write(next: NotificationLife): void {
    this.ctx.storage.kv.put('notification', next)
  }
}
