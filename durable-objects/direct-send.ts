/**
 * Base of the Notification: the ledger of a send to users or devices, and what comes after any send. An ordered one lets
 * go of the tickets of a user when it is his turn; the others wait. What was asked, and sends to topics, are
 * notification.ts; what is stored is notification-record.ts.
 */
import { idTail } from '../push/ids.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import * as life from '../push/notification-life.ts'
import { slotLine, topicLine } from '../push/order-book.ts'
import { SLOT_COUNT } from '../push/slot.ts'
import { isFinished } from '../push/ticket.ts'
import { listCredentialPlatforms } from '../schema/d1/credentials.ts'
import { dropDeadLetterSource, noteDeadLetterSource } from '../schema/d1/dead-letter-sources.ts'
import { databaseOf } from '../schema/databases.ts'
import { newestOpenedAt } from '../schema/ledger/dead-letters.ts'
import { listMemberKeys } from '../schema/ledger/members.ts'
import { type PlacedTicket, readTicket } from '../schema/ledger/tickets.ts'
import { type DirectAudience, readDirectMembers, readFreshMembers } from './direct-audience.ts'
import { enqueueTickets } from './lanes.ts'
import { NotificationLines } from './notification-lines.ts'
import { NotificationRecord } from './notification-record.ts'
import type { FanoutOrder, Lease, LedgerView, Settled, Settlement } from './rpc.ts'
import { meterOf, notificationNamed } from './stubs.ts'

/** Finished notifications are kept this long for questions about them, then their object is emptied. */
const RETENTION_MS = 30 * 24 * 60 * 60 * 1000

/** The app's webhooks are told that a send is over until it is known that they were, and no longer than this. */
const ANNOUNCED_WITHIN_MS = 24 * 60 * 60 * 1000

/** A direct send's recipients are read again from the devices' table when a lease comes this long after the start. */
const FRESH_FOR_MS = 5_000

export abstract class DirectSend extends NotificationRecord {
  protected readonly lines: NotificationLines
  private hasNotedDeadLetters = false
  private hasAnnounced = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.lines = new NotificationLines(env, ctx.storage)
  }

  /** Tells the app's webhooks that it is over. Safe to repeat. */
  protected abstract announce(known: NotificationLife): Promise<void>

  /** As in the base, but a late lease reads the devices again: a rotated or retired address is never used. */
  override async lease(notificationId: string, number: number): Promise<Lease> {
    const known = this.read()
    if (!known || !this.hasTables) return { kind: 'nothing' }
    const ticket = readTicket(this.ctx.storage.sql, notificationId, number)
    // Every ticket of an ordered send covers one slot.
    const slot = known.send.ordered && ticket ? ticket.toSlot : null
    if (Date.now() - (known.startedAt ?? 0) > FRESH_FOR_MS) await this.refreshMembers(known, ticket)
    if (slot === null) return await super.lease(notificationId, number)
    const line = slotLine(slot)
    const isReplay = notificationId !== known.id
    // A message that comes too early, or that nobody sent: the ticket waits for its turn, or until it has expired.
    if (!isReplay && !this.lines.hasTurnIn(line) && Date.now() < known.expiresAt) return { kind: 'nothing' }
    const lease = await super.lease(notificationId, number)
    if (!isReplay) this.leaveFinished(number)
    return lease.kind === 'nothing' ? lease : { ...lease, pushSequence: this.lines.sequenceIn(line) }
  }

  override async settle(notificationId: string, number: number, part: Settlement): Promise<Settled> {
    const settled = await super.settle(notificationId, number, part)
    if (part.last && notificationId === this.read()?.id) this.leaveFinished(number)
    return settled
  }

  /** Replays of its dead letters are done here too, and are somebody else's. */
  protected override async whenDone(notificationId: string, view: LedgerView): Promise<void> {
    const { id, appId } = this.read() ?? {}
    if (id === undefined || appId === undefined) return
    if (notificationId !== id) {
      return await notificationNamed(this.env, appId, notificationId).shardDone(this.ref.name, view)
    }
    await this.noteDeadLetters(view)
    const known = this.read()
    if (known) await this.advance(life.complete(known, Date.now()))
  }

  /** Before anybody is told that a ledger is done: what cannot be noted is reported again. */
  protected async noteDeadLetters({ counts }: LedgerView): Promise<void> {
    const known = this.read()
    if (!known || counts.failed === 0 || this.hasNotedDeadLetters) return
    await noteDeadLetterSource(databaseOf(this.env, known.appId), known.appId, known.id)
    this.hasNotedDeadLetters = true
  }

  protected async startDirect(known: NotificationLife, audience: DirectAudience, now: number): Promise<void> {
    const members = await readDirectMembers(databaseOf(this.env, known.appId), known.appId, audience)
    const slots = members.map(({ slot }) => slot)
    if (known.send.ordered) await this.lines.enterSlots(known, slots)
    const order = await this.orderOf(known)
    await this.makeTables()
    // Everything that had to be waited for is here. Canceled or started by another call meanwhile: nothing starts.
    const current = this.read()
    if (!current || !life.isDue(current, now)) return
    this.ledger.join(members)
    this.write(life.startDirect(current, now))
    await this.openFanout(order)
    await this.letGo()
  }

  /** Sends to those whose turn it is, and leaves the lines of those who are done. */
  protected async letGo(): Promise<void> {
    const known = this.read()
    if (!known?.send.ordered || known.shards !== null || !this.ownView(known)?.opened) return
    await this.wakeBy(Date.now() + this.leaseMs)
    const tickets = this.lines.letGo(known.id, Date.now() + this.leaseMs)
    await enqueueTickets(this.env, this.ref, { appId: known.appId, notificationId: known.id }, tickets, this.urgent)
    this.leaveFinished(null)
  }

  protected async cancelOwn(known: NotificationLife): Promise<void> {
    await this.cancelFanout(known.id, known.appId)
    // A ledger that was not open yet is closed without a word, so nobody else says that this is over.
    const current = this.read()
    if (current && this.ownView(current)?.done) await this.advance(life.complete(current, Date.now()))
  }

  /** What its alarm does while it is under way. */
  protected async wakeOwn(now: number): Promise<void> {
    const known = this.read()
    if (known?.status === 'canceled' && !this.ownView(known)) return await this.cancelOwn(known)
    if (known?.startedAt != null && !this.ownView(known)?.opened) await this.openFanout(await this.orderOf(known))
    await this.letGo()
    const nextAt = await this.wakeLedger(now)
    if (nextAt !== null) await this.wakeBy(nextAt)
  }

  /** What a ledger of it has to know. */
  protected async orderOf(known: NotificationLife): Promise<FanoutOrder> {
    const { id, appId, send, expiresAt } = known
    const platforms = await listCredentialPlatforms(databaseOf(this.env, appId), appId)
    const { message, guarantee, ordered, audience } = send
    const range = { fromSlot: 0, toSlot: SLOT_COUNT }
    const line = audience.kind === 'topic' ? topicLine(audience.topic) : null
    const push = { pushId: id, pushSequence: line === null ? null : this.lines.sequenceIn(line), replayOf: null }
    const byTurn = ordered && line === null
    return { notificationId: id, appId, message, guarantee, expiresAt, platforms, byTurn, ...range, ...push }
  }

  /** Writes how far it is. When it is over it leaves its lines, and its alarm looks whether it has. */
  protected async advance(next: NotificationLife): Promise<void> {
    this.write(next)
    if (next.completedAt === null) return
    const { ordered } = next.send
    if (next.countedRecipients !== undefined) this.ctx.waitUntil(this.tellMeter(next, next.countedRecipients))
    await this.wakeBy(ordered ? Date.now() + this.leaseMs : next.completedAt + RETENTION_MS)
    if (ordered) this.ctx.waitUntil(this.lines.leaveAll(next))
    this.ctx.waitUntil(this.announceSurely(next))
  }

  /** How many a counted send really went to. If that gets lost, what was estimated when it was accepted stays counted. */
  private async tellMeter(done: NotificationLife, recipients: number): Promise<void> {
    const counted = { send: idTail(done.id), bodyHash: done.bodyHash, recipients }
    const own = this.ownView(done) ?? life.EMPTY_VIEW
    const sums = done.shards === null ? [own] : Object.values(done.shards).flatMap(({ final }) => final ?? [])
    try {
      await meterOf(this.env, done.appId).correctSend(counted, life.sum(sums).counts.targeted)
    } catch (error) {
      console.error('the recipients of a send stay as estimated', { id: done.id, error: String(error) })
    }
  }

  /** Devices may still wait to be retired, and lines to be left; after that it is kept for questions, and emptied. */
  protected async lookAfterFinished(known: NotificationLife, completedAt: number, now: number): Promise<void> {
    const keptUntil = Math.max(completedAt, this.newestReplayAt() ?? 0) + RETENTION_MS
    if (now >= keptUntil) return await this.empty(known)
    const hasLeft = await this.lines.leaveAll(known)
    const isTold = now > completedAt + ANNOUNCED_WITHIN_MS || (await this.announceSurely(known))
    const nextAt = this.hasTables ? await this.wakeLedger(now) : null
    await this.wakeBy(hasLeft && isTold ? (nextAt ?? keptUntil) : now + this.leaseMs)
  }

  /**
   * Nothing is written down about it: there is an alarm within a lease's time of every end, which tells again what an
   * instance that is gone has told, and telling twice is telling once. False: the alarm has to.
   */
  private async announceSurely(known: NotificationLife): Promise<boolean> {
    if (this.hasAnnounced) return true
    try {
      await this.announce(known)
      this.hasAnnounced = true
    } catch (error) {
      console.error('webhooks were not told, the alarm repeats it', { id: known.id, error: String(error) })
    }
    return this.hasAnnounced
  }

  private async empty(known: NotificationLife): Promise<void> {
    const hadDeadLetters =
      known.shards === null
        ? (this.ownView(known)?.counts.failed ?? 0) > 0
        : Object.values(known.shards).some(({ final }) => final !== null && final.counts.failed > 0)
    if (hadDeadLetters) await dropDeadLetterSource(databaseOf(this.env, known.appId), known.appId, known.id)
    await this.ctx.storage.deleteAll()
  }

  /** When dead letters of this ledger were last sent again: what became of them is kept as long as any ledger. */
  private newestReplayAt(): number | null {
    return this.hasTables ? newestOpenedAt(this.ctx.storage.sql) : null
  }

  /**
   * Leaves the lines of those who are done: that of one ticket, or all. Nobody waits for it, because a line tells the
   * next one before it answers. What gets lost is found by the alarm, which is armed while a send is under way.
   */
  private leaveFinished(number: number | null): void {
    const known = this.read()
    if (known?.send.ordered) this.ctx.waitUntil(this.lines.leaveFinished(known, number))
  }

  /** Brings the recipients of a ticket that may be handed out now up to date: those of one ticket, not of all. */
  private async refreshMembers({ appId, send }: NotificationLife, ticket: PlacedTicket | null): Promise<void> {
    const { audience } = send
    if (audience.kind === 'topic' || audience.kind === 'replay' || ticket === null || isFinished(ticket)) return
    const keys = listMemberKeys(this.ctx.storage.sql, ticket)
    const { current, gone } = await readFreshMembers(databaseOf(this.env, appId), appId, audience, keys)
    this.ledger.leave(gone)
    this.ledger.join(current)
  }
}
