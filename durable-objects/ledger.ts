/**
 * A ledger over some members: opens fan-outs, leases tickets, enters settlements. A thin shell that loads rows,
 * asks push/ticket.ts and writes what it says, in one transaction each. It does not enqueue, call other objects
 * or set alarms: that is its owner's (SubscriberShard, Notification).
 */
import { PLATFORMS } from '../push/device.ts'
import { addCounts, emptyCounts } from '../push/ledger.ts'
import { nextStep } from '../push/retry.ts'
import { type Exception, isFinished, settleRest, type TicketChange } from '../push/ticket.ts'
import { enterSettlement, grantLease } from '../push/ticket-lease.ts'
import { putExceptions, readExceptions } from '../schema/ledger/exceptions.ts'
import { type Fanout, insertFanout, readFanout, updateFanout } from '../schema/ledger/fanouts.ts'
import { dropMembers, type MemberRow, putMembers, readTicketMembers } from '../schema/ledger/members.ts'
import {
  countUnfinishedTickets,
  type PlacedTicket,
  putTicket,
  readCounts,
  readOpenTickets,
  readTicket,
} from '../schema/ledger/tickets.ts'
import { closedFanout, cutStep, openingFanout } from './open-fanout.ts'
import type {
  FanoutOrder,
  Lease,
  LedgerView,
  Member,
  MemberKey,
  OpenStep,
  Retirement,
  Settled,
  Settlement,
} from './rpc.ts'

export interface LedgerSettings {
  readonly leaseMs: number
  /** Scales the retry schedule, see RETRY_BASE_SECONDS. */
  readonly retryBaseSeconds: number
}

export class Ledger {
  private readonly storage: DurableObjectStorage
  private readonly settings: LedgerSettings
  private readonly fanouts = new Map<string, Fanout>()
  private readonly unfinished = new Map<string, number>()
  /** When a ticket of a lane (notification and platform) was last leased or settled; memory only. */
  private readonly laneActiveAt = new Map<string, number>()

  constructor(storage: DurableObjectStorage, settings: LedgerSettings) {
    this.storage = storage
    this.settings = settings
  }

  get memberCount(): number {
    return this.tally().members
  }

  /** Makes devices members, or brings their rows up to date. Idempotent. */
  join(members: readonly Member[]): void {
    this.storage.transactionSync(() => {
      const tally = this.tally()
      const joined = putMembers(this.storage.sql, members.map(toRow), tally.sequence)
      if (joined !== 0) this.storage.kv.put('tally', { ...tally, members: tally.members + joined })
    })
  }

  /** Ends memberships. Open fan-outs settle these recipients as suppressed. Idempotent. */
  leave(keys: readonly MemberKey[]): void {
    this.storage.transactionSync(() => {
      const tally = this.tally()
      const left = dropMembers(this.storage.sql, keys, tally.sequence)
      if (left !== 0) this.storage.kv.put('tally', { ...tally, members: tally.members - left })
    })
  }

  /**
   * Opens the ledger of a notification over today's members, one bounded step a call. Idempotent: a step that is
   * repeated after a crash goes on where the rows say, and an opened ledger answers done.
   */
  openStep(order: FanoutOrder, now: number): OpenStep {
    return this.storage.transactionSync(() => {
      const fanout = this.fanout(order.notificationId) ?? this.begin(order, now)
      if (fanout.state !== 'opening') return { tickets: [], done: true }
      const unfinished = this.unfinishedTickets(order.notificationId)
      const step = cutStep(this.storage.sql, fanout, order.platforms, { now, leaseMs: this.settings.leaseMs })
      this.unfinished.set(order.notificationId, unfinished + step.tickets.length)
      this.keep(step.fanout)
      return { tickets: step.tickets, done: step.fanout.state !== 'opening' }
    })
  }

  /** Hands out a ticket's recipients as they are now, or says that there is nothing to do. */
  lease(notificationId: string, number: number, leaseId: string, now: number): Lease {
    return this.storage.transactionSync((): Lease => {
      const fanout = this.fanout(notificationId)
      const ticket = fanout && readTicket(this.storage.sql, notificationId, number)
      if (!fanout || !ticket) return { kind: 'nothing' }
      this.laneActiveAt.set(laneOf(ticket), now)
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
      const { appId, message } = fanout
      const { platform } = ticket
      const { recipients } = granted
      return {
        kind: 'leased',
        leaseId,
        notificationId,
        appId,
        platform,
        message,
        guarantee,
        expiresAt,
        recipients,
        retirements,
      }
    })
  }

  /** Enters a part of a settlement. Answers the devices that it found dead, and when to wake the ticket. */
  settle(notificationId: string, number: number, part: Settlement, now: number): EnteredSettlement {
    return this.storage.transactionSync(() => {
      const fanout = this.fanout(notificationId)
      const ticket = fanout && readTicket(this.storage.sql, notificationId, number)
      if (!fanout || !ticket) return { retirements: [], held: false, wakeAt: null }
      this.laneActiveAt.set(laneOf(ticket), now)
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
      return { retirements: entered.retired.flatMap(toRetirement), held, wakeAt: entered.ticket.wakeAt }
    })
  }

  /** The retirements of a ticket have been carried out. */
  confirmRetirements(notificationId: string, number: number, now: number): void {
    this.storage.transactionSync(() => {
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
    this.storage.transactionSync(() => {
      const fanout = this.fanout(notificationId)
      if (!fanout) return insertFanout(this.storage.sql, closedFanout(notificationId, appId, now))
      if (fanout.canceledAt !== null) return
      const state = fanout.state === 'opening' ? 'sending' : fanout.state
      this.keep({ ...fanout, canceledAt: now, state, cutAfter: null })
      for (const ticket of readOpenTickets(this.storage.sql, notificationId)) {
        if (ticket.leaseId !== null) continue
        this.enter(ticket, { ticket: settleRest(ticket, 'canceled', null), writes: [] }, now)
      }
    })
  }

  /** Counts as of now; null when this ledger never saw the notification. */
  view(notificationId: string): LedgerView | null {
    const fanout = this.fanout(notificationId)
    if (!fanout) return null
    const byPlatform = readCounts(this.storage.sql, notificationId)
    const counts = emptyCounts()
    for (const platform of PLATFORMS) if (byPlatform[platform]) addCounts(counts, byPlatform[platform])
    return { counts, byPlatform, done: fanout.state !== 'opening' && counts.pending === 0 }
  }

  /** Whether all tickets are cut and nothing is pending, and nobody has been told so. */
  isDone(notificationId: string): boolean {
    return this.fanout(notificationId)?.state === 'sending' && this.unfinishedTickets(notificationId) === 0
  }

  /** Whether tickets of this lane moved within a lease's time: then a ticket that waits is queued, not lost. */
  laneMovedSince(ticket: Pick<PlacedTicket, 'notificationId' | 'platform'>, since: number): boolean {
    return (this.laneActiveAt.get(laneOf(ticket)) ?? 0) > since
  }

  fanout(notificationId: string): Fanout | null {
    const known = this.fanouts.get(notificationId)
    if (known) return known
    const fanout = readFanout(this.storage.sql, notificationId)
    if (fanout) this.fanouts.set(notificationId, fanout)
    return fanout
  }

  /** Moves a fan-out on; its Notification has been told, say. */
  setState(notificationId: string, state: Fanout['state']): void {
    const fanout = this.fanout(notificationId)
    if (fanout) this.keep({ ...fanout, state })
    if (state !== 'reported') return
    this.fanouts.delete(notificationId)
    this.unfinished.delete(notificationId)
    for (const platform of PLATFORMS) this.laneActiveAt.delete(laneOf({ notificationId, platform }))
  }

  private begin(order: FanoutOrder, now: number): Fanout {
    const tally = this.tally()
    this.storage.kv.put('tally', { ...tally, sequence: tally.sequence + 1 })
    const fanout = openingFanout(order, tally.sequence, now)
    insertFanout(this.storage.sql, fanout)
    return fanout
  }

  /** Writes what a decision changed and keeps the number of unfinished tickets. */
  private enter(before: PlacedTicket, change: TicketChange & { writes: Exception[] }, now: number): void {
    const { notificationId, number } = before
    const unfinished = this.unfinishedTickets(notificationId)
    putExceptions(this.storage.sql, notificationId, number, change.writes, now)
    putTicket(this.storage.sql, { ...before, ...change.ticket, updatedAt: now })
    if (!isFinished(before) && isFinished(change.ticket)) this.unfinished.set(notificationId, unfinished - 1)
  }

  private unfinishedTickets(notificationId: string): number {
    const known = this.unfinished.get(notificationId)
    if (known !== undefined) return known
    const count = countUnfinishedTickets(this.storage.sql, notificationId)
    this.unfinished.set(notificationId, count)
    return count
  }

  private keep(fanout: Fanout): void {
    this.fanouts.set(fanout.notificationId, fanout)
    updateFanout(this.storage.sql, fanout)
  }

  /** Kept in one value: how many fan-outs were opened, and how many members there are now. */
  private tally(): { readonly sequence: number; readonly members: number } {
    return this.storage.kv.get<{ sequence: number; members: number }>('tally') ?? { sequence: 0, members: 0 }
  }
}

export interface EnteredSettlement extends Settled {
  /** When the ticket wants to be looked at again; null: finished. */
  readonly wakeAt: number | null
}

function laneOf(ticket: Pick<PlacedTicket, 'notificationId' | 'platform'>): string {
  return `${ticket.notificationId} ${ticket.platform}`
}

function toRetirement(row: Exception): Retirement[] {
  if (row.retireAsOfAt === null) return []
  const { deviceId, address, retireAsOfAt: asOfAt } = row
  return [{ deviceId, address: address ?? '', asOfAt, reason: row.reason ?? 'unregistered' }]
}

function toRow(member: Member): MemberRow {
  const { address, ...rest } = member
  return { ...rest, addressKind: address.kind, address: address.value }
}
