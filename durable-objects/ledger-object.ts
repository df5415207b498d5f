/**
 * Base of the two objects that hold a ledger: opens fan-outs, leases and settles tickets, and an alarm that finds
 * what was lost. Does the I/O around ledger.ts (queues, alarm); decides nothing about recipients.
 */
import { DurableObject } from 'cloudflare:workers'
import type { Place } from '../push/replay.ts'
import type { Postponement } from '../push/ticket-postpone.ts'
import { countDeadLetters } from '../schema/ledger/dead-letters.ts'
import type { Fanout } from '../schema/ledger/fanouts.ts'
import { hasRetirements, type PlacedTicket, readTicket } from '../schema/ledger/tickets.ts'
import type { LedgerRef } from '../schema/queue-messages.ts'
import { HeldLanes, type LaneName } from './held-lanes.ts'
import { enqueueTickets } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { listDeliveries } from './ledger-deliveries.ts'
import { wakeTickets } from './ledger-wake.ts'
import { lookAtPlaces } from './open-replay.ts'
import { postpone } from './postpone.ts'
import type {
  DeadLetterLook,
  DeliveryPage,
  DeliveryQuery,
  FanoutOrder,
  Lease,
  LedgerView,
  OpenStep,
  ReplayOrder,
  Settled,
  Settlement,
} from './rpc.ts'

/**
 * Alarms are rounded up to this share of the retry base (1 s of 10), so that retries with jitter come back
 * together: one lease and one alarm for many recipients instead of one each.
 */
const ALARM_TICKS_PER_BASE = 10

export abstract class LedgerObject extends DurableObject<Env> {
  protected readonly ledger: Ledger
  private readonly held: HeldLanes
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
    this.held = new HeldLanes(ctx.storage)
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
    const now = Date.now()
    const { wakeAt, platform, ...settled } = this.ledger.settle(notificationId, number, part, now)
    if (platform !== null) await this.moveLane({ notificationId, platform }, part, now)
    await this.afterChange(notificationId, part.last ? wakeAt : null)
    return settled
  }

  /** Lets a ticket wait that nobody has leased. False: it has to be leased all the same. */
  async postpone(notificationId: string, number: number, postponement: Postponement): Promise<boolean> {
    const place = { notificationId, number }
    const postponed = postpone(this.ctx.storage, this.ledger, this.held, place, postponement, Date.now())
    if (postponed.kind === 'lease_it') return false
    if (postponed.wakeAt !== null) await this.wakeBy(postponed.wakeAt)
    return true
  }

  /** The devices that a settlement named are retired. */
  async confirmRetirements(notificationId: string, number: number): Promise<void> {
    this.ledger.confirmRetirements(notificationId, number, Date.now())
  }

  /** Counts as of now; null when this ledger never saw the notification. */
  async ledgerView(notificationId: string): Promise<LedgerView | null> {
    return this.ledger.view(notificationId)
  }

  /** Whether some of a ticket is not settled. */
  async isOpenTicket(notificationId: string, number: number): Promise<boolean> {
    return (readTicket(this.ctx.storage.sql, notificationId, number)?.wakeAt ?? null) !== null
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

  /** How many dead letters a replay would find: all of a fan-out's, or those at some places. */
  async lookAtDeadLetters(notificationId: string, places: readonly Place[] | null): Promise<DeadLetterLook> {
    const { sql } = this.ctx.storage
    if (places !== null) return lookAtPlaces(sql, notificationId, places)
    return { ...countDeadLetters(sql, notificationId), unknown: [] }
  }

  /** Sends dead letters of this ledger again. Safe to repeat at any point. False: they are not here any more. */
  async openReplay(order: ReplayOrder): Promise<boolean> {
    if (this.ledger.fanout(order.replayOf)?.appId !== order.appId) return false
    await this.openSteps(order, () => this.ledger.replayStep(order, Date.now()))
    return true
  }

  /**
   * Opens the ledger step by step and enqueues each step's tickets. Safe to repeat at any point.
   *
   * @param mayBegin asked in the same turn in which a ledger that is not there yet would begin
   * @returns false: it might not
   */
  protected async openFanout(order: FanoutOrder, mayBegin: () => boolean = () => true): Promise<boolean> {
    let opens = true
    await this.openSteps(order, () => {
      opens = this.ledger.fanout(order.notificationId) !== null || mayBegin()
      return opens ? this.ledger.openStep(order, Date.now()) : { tickets: [], done: true }
    })
    return opens
  }

  private async openSteps(order: FanoutOrder, step: () => OpenStep): Promise<void> {
    await this.wakeBy(Date.now() + this.leaseMs)
    for (;;) {
      const { tickets, done } = step()
      if (!order.byTurn) await enqueueTickets(this.env, this.ref, order, tickets, this.urgent)
      if (done) break
    }
    await this.afterChange(order.notificationId, null)
  }

  /** Brings back tickets that are due and reports that got lost; answers when to look again. */
  protected async wakeLedger(now: number): Promise<number | null> {
    const { due, unreported, nextAt } = wakeTickets(this.ctx.storage, this.ledger, this.held, now, this.leaseMs)
    for (const [notificationId, tickets] of Map.groupBy(due, (ticket) => ticket.notificationId)) {
      const fanout = this.ledger.fanout(notificationId)
      // Of a replay only those count who are of it: the lane is that of the first time.
      const sized = tickets.map((ticket) => ({ ...ticket, size: ticket.size - ticket.outside }))
      if (fanout) await this.enqueueDue(fanout, sized)
    }
    for (const notificationId of unreported) await this.report(notificationId)
    return nextAt
  }

  /** What its queue does not take is due again after a lease's time, and keeps no other send waiting until then. */
  private async enqueueDue(fanout: Fanout, tickets: readonly PlacedTicket[]): Promise<void> {
    try {
      await enqueueTickets(this.env, this.ref, fanout, tickets, this.urgent)
    } catch (error) {
      const { notificationId } = fanout
      console.error('tickets were not enqueued, the alarm repeats it', { notificationId, error: String(error) })
    }
  }

  /** Makes sure that the alarm rings no later than this. One row written, and only when it has to move. */
  protected async wakeBy(at: number): Promise<void> {
    const tick = Math.ceil(at / this.tickMs) * this.tickMs
    if (this.alarmAt === undefined) {
      const setTo = await this.ctx.storage.getAlarm()
      // Another call may have asked, and have set it, meanwhile.
      if (this.alarmAt === undefined) this.alarmAt = setTo
    }
    if (this.alarmAt !== null && this.alarmAt <= tick) return
    this.alarmAt = tick
    await this.ctx.storage.setAlarm(tick)
  }

  /** The alarm has rung: it is no longer set. */
  protected alarmRang(): void {
    this.alarmAt = null
  }

  /** A push that got through ends its lane's waiting; a ticket that was handed back for the whole lane begins it. */
  private async moveLane(lane: LaneName, { accepted, resumeAt, holdsLane }: Settlement, now: number): Promise<void> {
    if (resumeAt !== null && holdsLane) this.held.hold(lane, resumeAt, now)
    else if (accepted.length > 0 && this.held.release(lane)) await this.wakeBy(now)
  }

  private async afterChange(notificationId: string, wakeAt: number | null): Promise<void> {
    if (wakeAt !== null) await this.wakeBy(wakeAt)
    if (this.ledger.finish(notificationId)) await this.report(notificationId)
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
