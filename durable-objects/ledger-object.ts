/**
 * Base of the two objects that hold a ledger: opens fan-outs, leases and settles tickets, and an alarm that finds
 * what was lost. Does the I/O around ledger.ts (queues, alarm); decides nothing about recipients.
 */
import { DurableObject } from 'cloudflare:workers'
import { hasRetirements } from '../schema/ledger/tickets.ts'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { enqueueTickets } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { listDeliveries } from './ledger-deliveries.ts'
import { wakeTickets } from './ledger-wake.ts'
import type { DeliveryPage, DeliveryQuery, FanoutOrder, Lease, LedgerView, Settled, Settlement } from './rpc.ts'

/**
 * Alarms are rounded up to this share of the retry base (1 s of 10), so that retries with jitter come back
 * together: one lease and one alarm for many recipients instead of one each.
 */
const ALARM_TICKS_PER_BASE = 10

export abstract class LedgerObject extends DurableObject<Env> {
  protected readonly ledger: Ledger
  protected readonly leaseMs: number
  private readonly tickMs: number
  /** What the alarm is set to, as far as this instance knows; undefined: not asked yet. */
  private alarmAt: number | null | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const retryBaseSeconds = Number(env.RETRY_BASE_SECONDS)
    this.leaseMs = Number(env.LEASE_SECONDS) * 1000
    this.tickMs = Math.max(1, Math.round((retryBaseSeconds * 1000) / ALARM_TICKS_PER_BASE))
    this.ledger = new Ledger(ctx.storage, { leaseMs: this.leaseMs, retryBaseSeconds })
  }

  /** How queue messages name this object. */
  protected abstract get ref(): LedgerRef
  /** Whether its tickets travel in the urgent lane. */
  protected abstract get urgent(): boolean
  /** A fan-out is done: tell whoever waits. May throw; then the alarm asks again. */
  protected abstract whenDone(notificationId: string, view: LedgerView): Promise<void>

  /** See ledger.ts `lease`. */
  async lease(notificationId: string, number: number): Promise<Lease> {
    const lease = this.ledger.lease(notificationId, number, crypto.randomUUID(), Date.now())
    await this.afterChange(notificationId, null)
    return lease
  }

  /** See ledger.ts `settle`. Answers the devices to retire; the caller retires them and confirms. */
  async settle(notificationId: string, number: number, part: Settlement): Promise<Settled> {
    const { wakeAt, ...settled } = this.ledger.settle(notificationId, number, part, Date.now())
    await this.afterChange(notificationId, part.last ? wakeAt : null)
    return settled
  }

  /** The devices that a settlement named are retired. */
  async confirmRetirements(notificationId: string, number: number): Promise<void> {
    this.ledger.confirmRetirements(notificationId, number, Date.now())
  }

  /** Counts as of now; null when this ledger never saw the notification. */
  async ledgerView(notificationId: string): Promise<LedgerView | null> {
    return this.ledger.view(notificationId)
  }

  /** A page of what became of each recipient. */
  async ledgerDeliveries(notificationId: string, query: DeliveryQuery): Promise<DeliveryPage> {
    const fanout = this.ledger.fanout(notificationId)
    return fanout ? listDeliveries(this.ctx.storage.sql, fanout, query) : { data: [], nextCursor: null }
  }

  /** Settles what has not been handed out as canceled. */
  async cancelFanout(notificationId: string, appId: string): Promise<void> {
    this.ledger.cancel(notificationId, appId, Date.now())
    await this.afterChange(notificationId, null)
  }

  /** Opens the ledger step by step and enqueues each step's tickets. Safe to repeat at any point. */
  protected async openFanout(order: FanoutOrder): Promise<void> {
    await this.wakeBy(Date.now() + this.leaseMs)
    for (;;) {
      const { tickets, done } = this.ledger.openStep(order, Date.now())
      await enqueueTickets(this.env, this.ref, order.notificationId, tickets, this.urgent)
      if (done) break
    }
    await this.afterChange(order.notificationId, null)
  }

  /** Brings back tickets that are due and reports that got lost; answers when to look again. */
  protected async wakeLedger(now: number): Promise<number | null> {
    const { due, unreported, nextAt } = wakeTickets(this.ctx.storage, this.ledger, now, this.leaseMs)
    for (const [notificationId, tickets] of Map.groupBy(due, (ticket) => ticket.notificationId)) {
      await enqueueTickets(this.env, this.ref, notificationId, tickets, this.urgent)
    }
    for (const notificationId of unreported) await this.report(notificationId)
    return nextAt
  }

  /** Makes sure that the alarm rings no later than this. One row written, and only when it has to move. */
  protected async wakeBy(at: number): Promise<void> {
    const tick = Math.ceil(at / this.tickMs) * this.tickMs
    if (this.alarmAt === undefined) this.alarmAt = await this.ctx.storage.getAlarm()
    if (this.alarmAt !== null && this.alarmAt <= tick) return
    this.alarmAt = tick
    await this.ctx.storage.setAlarm(tick)
  }

  /** The alarm has rung: it is no longer set. */
  protected alarmRang(): void {
    this.alarmAt = null
  }

  private async afterChange(notificationId: string, wakeAt: number | null): Promise<void> {
    if (wakeAt !== null) await this.wakeBy(wakeAt)
    if (!this.ledger.isDone(notificationId)) return
    this.ledger.setState(notificationId, 'done')
    await this.report(notificationId)
  }

  private async report(notificationId: string): Promise<void> {
    const view = this.ledger.view(notificationId)
    if (!view) return
    try {
      await this.whenDone(notificationId, view)
      // While devices wait to be retired the alarm has to find their tickets, so the fan-out stays open to it.
      if (hasRetirements(this.ctx.storage.sql, notificationId)) await this.wakeBy(Date.now() + this.leaseMs)
      else this.ledger.setState(notificationId, 'reported')
    } catch (error) {
      console.error('report failed, the alarm repeats it', { notificationId, error: String(error) })
      await this.wakeBy(Date.now() + this.leaseMs)
    }
  }
}
