/**
 * A ledger over some members: opens fan-outs, leases tickets, enters settlements. A thin shell that loads rows,
 * asks push/ticket.ts and writes what it says, in one transaction each. It does not enqueue, call other objects
 * or set alarms: that is its owner's (SubscriberShard, Notification). What it remembers is ledger-records.ts.
 */
import type { Platform } from '../push/device.ts'
import { nextStep } from '../push/retry.ts'
import { type Exception, isFinished, settleRest } from '../push/ticket.ts'
import { enterSettlement, grantLease } from '../push/ticket-lease.ts'
import { wakeTicket } from '../push/ticket-wake.ts'
import { readExceptions } from '../schema/ledger/exceptions.ts'
import { type Fanout, insertFanout } from '../schema/ledger/fanouts.ts'
import { dropMembers, putMembers, readTicketMembers, updateMembers } from '../schema/ledger/members.ts'
import { type PlacedTicket, putTicket, readOpenTickets, readTicket } from '../schema/ledger/tickets.ts'
import { LedgerRecords } from './ledger-records.ts'
import { toRow } from './member-row.ts'
import { closedFanout, cutStep, openingFanout } from './open-fanout.ts'
import { replayingFanout, replayStep } from './open-replay.ts'
import type {
  FanoutOrder,
  Lease,
  Member,
  MemberKey,
  OpenStep,
  ReplayOrder,
  Retirement,
  Settled,
  Settlement,
} from './rpc.ts'

export interface LedgerSettings {
  readonly leaseMs: number
  /** Scales the retry schedule, see RETRY_BASE_SECONDS. */
  readonly retryBaseSeconds: number
}

export class Ledger extends LedgerRecords {
  private readonly settings: LedgerSettings

  constructor(storage: DurableObjectStorage, settings: LedgerSettings) {
    super(storage)
    this.settings = settings
  }

  get memberCount(): number {
    return this.tally().members
  }

  /** Makes devices members, or brings their rows up to date. Idempotent. */
  join(members: readonly Member[]): void {
    this.atomically(() => {
      const tally = this.tally()
      const joined = putMembers(this.storage.sql, members.map(toRow), tally.sequence)
      if (joined !== 0) this.storage.kv.put('tally', { ...tally, members: tally.members + joined })
    })
  }

  /** Ends memberships. Open fan-outs settle these recipients as suppressed. Idempotent. */
  leave(keys: readonly MemberKey[]): void {
    this.atomically(() => {
      const tally = this.tally()
      const left = dropMembers(this.storage.sql, keys, tally.sequence)
      if (left !== 0) this.storage.kv.put('tally', { ...tally, members: tally.members - left })
    })
  }

  /** How many members there are, once others have passed to another ledger. */
  setMemberCount(members: number): void {
    this.storage.kv.put('tally', { ...this.tally(), members })
  }

  /** What is true now of recipients that another ledger counts: their rows are kept for the fan-outs that have them. */
  refreshMoved(present: readonly Member[], gone: readonly MemberKey[]): void {
    this.atomically(() => {
      updateMembers(this.storage.sql, present.map(toRow))
      dropMembers(this.storage.sql, gone, this.tally().sequence)
    })
  }

  /**
   * Opens the ledger of a notification over today's members, one bounded step a call. Idempotent: a step that is
   * repeated after a crash goes on where the rows say, and an opened ledger answers done.
   */
  openStep(order: FanoutOrder, now: number): OpenStep {
    const terms = { now, leaseMs: this.settings.leaseMs }
    return this.atomically(() => {
      const fanout = this.fanout(order.notificationId) ?? this.begin(order, now)
      return this.enterStep(fanout, () => cutStep(this.storage.sql, fanout, order, terms))
    })
  }

  /** As {@link openStep}, over the dead letters of an earlier fan-out of this ledger. @throws when it is not here */
  replayStep(order: ReplayOrder, now: number): OpenStep {
    const terms = { now, leaseMs: this.settings.leaseMs }
    return this.atomically(() => {
      const fanout = this.fanout(order.notificationId) ?? this.beginReplay(order, now)
      return this.enterStep(fanout, () => replayStep(this.storage.sql, fanout, order, terms))
    })
  }

  /** Hands out a ticket's recipients as they are now, or says that there is nothing to do. */
  lease(notificationId: string, number: number, leaseId: string, now: number): Lease {
    return this.atomically((): Lease => {
      const fanout = this.fanout(notificationId)
      const ticket = fanout && readTicket(this.storage.sql, notificationId, number)
      if (!fanout || !ticket) return { kind: 'nothing' }
      this.noteLaneMoved(ticket, now)
      const rows = readExceptions(this.storage.sql, notificationId, number)
      const retirements = ticket.retires ? rows.flatMap(toRetirement) : []
      if (isFinished(ticket) && retirements.length === 0) return { kind: 'nothing' }
      const members = readTicketMembers(this.storage.sql, { ...ticket, openedSeq: fanout.openedSeq })
      const { leaseMs } = this.settings
      const { guarantee, expiresAt, canceledAt } = fanout
      const terms = { guarantee, expiresAt, canceled: canceledAt !== null, now, leaseId, leaseMs }
      const granted = grantLease(ticket, rows, members, terms)
      if (granted.ticket !== ticket) this.enter(ticket, granted, now)
      if (granted.recipients.length === 0 && retirements.length === 0) return { kind: 'nothing' }
      const { appId, message, pushId, pushSequence } = fanout
      const { platform, stalls } = ticket
      const { recipients } = granted
      return {
        kind: 'leased',
        leaseId,
        notificationId,
        pushId,
        pushSequence,
        appId,
        platform,
        message,
        guarantee,
        expiresAt,
        recipients,
        retirements,
        stalls,
      }
    })
  }

  /** Enters a part of a settlement. Answers the devices that it found dead, and when to wake the ticket. */
  settle(notificationId: string, number: number, part: Settlement, now: number): EnteredSettlement {
    return this.atomically(() => {
      const fanout = this.fanout(notificationId)
      const ticket = fanout && readTicket(this.storage.sql, notificationId, number)
      if (!fanout || !ticket) return { retirements: [], held: false, wakeAt: null, platform: null }
      this.noteLaneMoved(ticket, now)
      const { leaseMs, retryBaseSeconds: baseSeconds } = this.settings
      const { guarantee, expiresAt, canceledAt, openedSeq } = fanout
      const rows = readExceptions(this.storage.sql, notificationId, number)
      const members = part.others.length === 0 ? [] : readTicketMembers(this.storage.sql, { ...ticket, openedSeq })
      const addressReadAt = ticket.leasedAt ?? now
      const entered = enterSettlement(ticket, rows, part, {
        guarantee,
        expiresAt,
        canceled: canceledAt !== null,
        now,
        leaseMs,
        nextStep: (outcome, attempt, previousReason) =>
          nextStep(outcome, {
            attempt,
            previousReason,
            guarantee,
            expiresAt,
            now,
            random: Math.random(),
            baseSeconds,
            addressReadAt,
          }),
        memberOf: (ordinal) => members[ordinal] ?? null,
      })
      if (entered.ticket !== ticket) this.enter(ticket, entered, now)
      const held = entered.ticket.leaseId === part.leaseId && canceledAt === null
      const { wakeAt } = entered.ticket
      return { retirements: entered.retired.flatMap(toRetirement), held, wakeAt, platform: ticket.platform }
    })
  }

  /** The retirements of a ticket have been carried out. */
  confirmRetirements(notificationId: string, number: number, now: number): void {
    this.atomically(() => {
      const ticket = readTicket(this.storage.sql, notificationId, number)
      if (!ticket?.retires) return
      putTicket(this.storage.sql, { ...ticket, retires: false, updatedAt: now })
    })
  }

  /**
   * Settles as canceled what is not in the air; what is in the air settles as its consumer reports. A fan-out that
   * was never opened is closed for good, so that an order which is still under way finds nothing to open.
   */
  cancel(notificationId: string, appId: string, now: number): void {
    this.atomically(() => {
      const fanout = this.fanout(notificationId)
      if (!fanout) return insertFanout(this.storage, closedFanout(notificationId, appId, now))
      if (fanout.canceledAt !== null) return
      const state = fanout.state === 'opening' ? 'sending' : fanout.state
      this.keep({ ...fanout, canceledAt: now, state, cutAfter: null })
      for (const ticket of readOpenTickets(this.storage.sql, notificationId)) {
        if (ticket.leaseId !== null) continue
        this.enter(ticket, { ticket: settleRest(ticket, 'canceled', null), writes: [] }, now)
      }
    })
  }

  /** Moves on an alarm's look at a ticket that is due. False: it has ended, and there is nothing to send. */
  wake(ticket: PlacedTicket, now: number): boolean {
    const fanout = this.fanout(ticket.notificationId)
    if (!fanout) return false
    const { guarantee, expiresAt } = fanout
    const woken = wakeTicket(ticket, { now, leaseMs: this.settings.leaseMs, expiresAt, guarantee })
    this.enter(ticket, { ticket: woken, writes: [] }, woken.wakeAt === null ? now : ticket.updatedAt)
    return woken.wakeAt !== null
  }

  private enterStep(fanout: Fanout, take: () => ReturnType<typeof cutStep>): OpenStep {
    if (fanout.state !== 'opening') return { tickets: [], done: true }
    const step = take()
    this.keepOpening(step.fanout)
    return { tickets: step.tickets, done: step.fanout.state !== 'opening' }
  }

  private beginReplay(order: ReplayOrder, now: number): Fanout {
    const original = this.fanout(order.replayOf)
    if (!original) throw new Error(`the ledger of ${order.replayOf} is not here any more`)
    const fanout = replayingFanout(original, order, now)
    insertFanout(this.storage, fanout)
    return fanout
  }

  private begin(order: FanoutOrder, now: number): Fanout {
    const tally = this.tally()
    this.storage.kv.put('tally', { ...tally, sequence: tally.sequence + 1 })
    const fanout = openingFanout(order, tally.sequence, now)
    insertFanout(this.storage, fanout)
    return fanout
  }

  /** Kept in one value: how many fan-outs were opened, and how many members there are now. */
  private tally(): { readonly sequence: number; readonly members: number } {
    return this.storage.kv.get<{ sequence: number; members: number }>('tally') ?? { sequence: 0, members: 0 }
  }
}

export interface EnteredSettlement extends Settled {
  /** When the ticket wants to be looked at again; null: finished. */
  readonly wakeAt: number | null
  /** Of the ticket; null: there is none. */
  readonly platform: Platform | null
}

function toRetirement(row: Exception): Retirement[] {
  if (row.retireAsOfAt === null) return []
  const { deviceId, address, retireAsOfAt: asOfAt } = row
  return [{ deviceId, address: address ?? '', asOfAt, reason: row.reason ?? 'unregistered' }]
}
