/**
 * Base of the Notification: its record, and whether it has tables at all. An object without tables has no ledger, and
 * every call about one says so. Decides nothing about the send.
 */
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import type { Subject } from '../push/access-limits.ts'
import { sendEntry } from '../push/audit-send.ts'
import { subjectOf } from '../push/notification.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import type { Place } from '../push/replay.ts'
import type { Postponement } from '../push/ticket-postpone.ts'
import migrations from '../schema/migrations/notification/migrations.js'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { LedgerObject } from './ledger-object.ts'
import type {
  DeadLetterLook,
  DeliveryPage,
  DeliveryQuery,
  Lease,
  LedgerView,
  ReplayOrder,
  Settled,
  Settlement,
} from './rpc.ts'
import { auditLogOf } from './stubs.ts'

export abstract class NotificationRecord extends LedgerObject {
  private isInAuditLog = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (this.hasTables) ctx.blockConcurrencyWhile(() => this.migrate())
  }

  override async lease(notificationId: string, number: number): Promise<Lease> {
    return this.hasTables ? await super.lease(notificationId, number) : { kind: 'nothing' }
  }

  override async settle(notificationId: string, number: number, part: Settlement): Promise<Settled> {
    return this.hasTables ? await super.settle(notificationId, number, part) : { retirements: [], held: false }
  }

  override async ledgerView(notificationId: string): Promise<LedgerView | null> {
    return this.hasTables ? await super.ledgerView(notificationId) : null
  }

  override async isOpenTicket(notificationId: string, number: number): Promise<boolean> {
    return this.hasTables && (await super.isOpenTicket(notificationId, number))
  }

  override async ledgerDeliveries(notificationId: string, query: DeliveryQuery): Promise<DeliveryPage> {
    return this.hasTables ? await super.ledgerDeliveries(notificationId, query) : { data: [], nextCursor: null }
  }

  override async lookAtDeadLetters(notificationId: string, places: readonly Place[] | null): Promise<DeadLetterLook> {
    if (this.hasTables) return await super.lookAtDeadLetters(notificationId, places)
    return { open: 0, replayed: 0, unknown: places ?? [] }
  }

  override async openReplay(order: ReplayOrder): Promise<boolean> {
    return this.hasTables && (await super.openReplay(order))
  }

  override async cancelFanout(notificationId: string, appId: string): Promise<void> {
    if (this.hasTables) await super.cancelFanout(notificationId, appId)
  }

  override async postpone(notificationId: string, number: number, postponement: Postponement): Promise<boolean> {
    return !this.hasTables || (await super.postpone(notificationId, number, postponement))
  }

  override async confirmRetirements(notificationId: string, number: number): Promise<void> {
    if (this.hasTables) await super.confirmRetirements(notificationId, number)
  }

  /** What the notification is about, which never changes; null when there is no such notification. */
  async subject(): Promise<Subject | null> {
    const known = this.read()
    return known && subjectOf(known.send)
  }

  protected override get ref(): LedgerRef {
    return { kind: 'notification', name: this.ctx.id.name! }
  }

  protected override get urgent(): boolean {
    return this.read()?.send.message.priority === 'high'
  }

  protected ownView(known: NotificationLife): LedgerView | null {
    return this.hasTables ? this.ledger.view(known.id) : null
  }

  /**
   * Tables are made when something has to be put into them: a send to a topic needs none, and an id that somebody
   * guessed must not leave any behind.
   */
  protected async makeTables(): Promise<void> {
    if (this.hasTables) return
    await this.migrate()
    this.ctx.storage.kv.put('tables', true)
  }

  protected get hasTables(): boolean {
    return this.ctx.storage.kv.get<boolean>('tables') === true
  }

  protected read(): NotificationLife | null {
    return this.ctx.storage.kv.get<NotificationLife>('notification') ?? null
  }

  protected write(next: NotificationLife): void {
    this.ctx.storage.kv.put('notification', this.isInAuditLog ? { ...next, sentBy: null } : next)
  }

  /**
   * Tells the audit log who asked for this, once the caller has his answer. That it was told is stored with whatever is
   * written next, so it costs no row here; being told again costs none there. What fails is repeated by the alarm, spread
   * over a lease's time so that a log that is overloaded is not asked by everybody at once.
   */
  protected async tellAuditLog(): Promise<void> {
    const known = this.read()
    if (!known?.sentBy || this.isInAuditLog) return
    const { entry, payload } = sendEntry(known, known.sentBy)
    try {
      await auditLogOf(this.env, known.appId).record(entry, { once: known.id, payload })
      this.isInAuditLog = true
    } catch (error) {
      console.error('a send is not in the audit log, the alarm repeats it', { id: known.id, error: String(error) })
      await this.wakeBy(Date.now() + this.leaseMs * (1 + Math.random()))
    }
  }

  private async migrate(): Promise<void> {
    await migrate(drizzle(this.ctx.storage), migrations)
  }
}
