/**
 * Base of the Notification: its record, and whether it has tables at all. An object without tables has no ledger, and
 * every call about one says so. Decides nothing about the send.
 */
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import type { Subject } from '../push/access-limits.ts'
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

export abstract class NotificationRecord extends LedgerObject {
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
    this.ctx.storage.kv.put('notification', next)
  }

  private async migrate(): Promise<void> {
    await migrate(drizzle(this.ctx.storage), migrations)
  }
}
