/**
 * What a ledger keeps of its fan-outs while it works: their rows, how many of their tickets are unfinished, which lanes
 * move. Writes decisions and reads counts; decides nothing. The memory is only a copy: all but the lanes is in the rows.
 */
import { PLATFORMS } from '../push/device.ts'
import { addCounts, emptyCounts } from '../push/ledger.ts'
import { isFinished, type TicketChange } from '../push/ticket.ts'
import { putExceptions } from '../schema/ledger/exceptions.ts'
import { type Fanout, readFanout, updateFanout } from '../schema/ledger/fanouts.ts'
import { countUnfinishedTickets, type PlacedTicket, putTicket, readCounts } from '../schema/ledger/tickets.ts'
import type { LedgerView } from './rpc.ts'

export class LedgerRecords {
  protected readonly storage: DurableObjectStorage
  private readonly fanouts = new Map<string, Fanout>()
  private readonly unfinished = new Map<string, number>()
  /** When a ticket of a lane (notification and platform) was last leased or settled; memory only. */
  private readonly laneActiveAt = new Map<string, number>()

  constructor(storage: DurableObjectStorage) {
    this.storage = storage
  }

  /** All of it, or nothing: what is undone in the rows is forgotten here too. */
  atomically<T>(work: () => T): T {
    try {
      return this.storage.transactionSync(work)
    } catch (error) {
      this.fanouts.clear()
      this.unfinished.clear()
      throw error
    }
  }

  /** Counts as of now; null when this ledger never saw the notification. */
  view(notificationId: string): LedgerView | null {
    const fanout = this.fanout(notificationId)
    if (!fanout) return null
    const byPlatform = readCounts(this.storage.sql, notificationId)
    const counts = emptyCounts()
    for (const platform of PLATFORMS) if (byPlatform[platform]) addCounts(counts, byPlatform[platform])
    const opened = fanout.state !== 'opening'
    return { counts, byPlatform, opened, done: opened && counts.pending === 0 }
  }

  /** Whether all tickets are cut and nothing is pending, and nobody has been told so. */
  isDone(notificationId: string): boolean {
    return this.fanout(notificationId)?.state === 'sending' && this.unfinishedTickets(notificationId) === 0
  }

  /** Notes that nothing is pending any more. True: it is so as of now, and somebody has to be told. */
  finish(notificationId: string): boolean {
    const isDone = this.isDone(notificationId)
    if (isDone) this.setState(notificationId, 'done')
    return isDone
  }

  /** A consumer has a ticket of this lane in its hands: its queue moves. */
  noteLaneMoved(ticket: Pick<PlacedTicket, 'notificationId' | 'platform'>, now: number): void {
    this.laneActiveAt.set(laneOf(ticket), now)
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

  /** Writes what a decision changed and keeps the number of unfinished tickets. */
  protected enter(before: PlacedTicket, change: TicketChange, now: number): void {
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

  /** A step of its opening has cut tickets: they are counted anew when somebody asks. */
  protected keepOpening(fanout: Fanout): void {
    this.unfinished.delete(fanout.notificationId)
    this.keep(fanout)
  }

  protected keep(fanout: Fanout): void {
    this.fanouts.set(fanout.notificationId, fanout)
    updateFanout(this.storage.sql, fanout)
  }
}

function laneOf(ticket: Pick<PlacedTicket, 'notificationId' | 'platform'>): string {
  return `${ticket.notificationId} ${ticket.platform}`
}
