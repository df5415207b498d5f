/**
 * One send: what was asked, its state, its schedule and its counts. Sends to a topic are counted by the topic's
 * shards, which report here; sends to users and devices have their ledger in this object, see direct-send.ts. An ordered
 * one starts when it is its turn in the line of its topic, or of some user. The states and sums are
 * decided in push/notification-life.ts; receipts are receipts.ts; nothing here talks to a push service.
 */
import type { NotificationLife } from '../push/notification-life.ts'
import * as life from '../push/notification-life.ts'
import type { Piece } from '../push/shard-directory.ts'
import { countReceipts, putReceipts } from '../schema/notification/receipts.ts'
import { announce } from './announce.ts'
import { DirectSend } from './direct-send.ts'
import { ledgersOf, replayPieces } from './pieces.ts'
import { findReplayable } from './replay-source.ts'
import type {
  CreateAnswer,
  CreateRequest,
  DeliveryPage,
  DeliveryQuery,
  FanoutOrder,
  LedgerView,
  NotificationCalls,
  NotificationView,
  ReceiptCounts,
  ReceiptEvent,
  Replayable,
  ReplayOrder,
  ShardPlace,
} from './rpc.ts'
import { shardDeliveries } from './shard-deliveries.ts'
import { ledgerNamed } from './stubs.ts'
import { askShards, cancelShard, chaseShard, enqueuePieces } from './topic-fanout.ts'
import { readPieces, readPiecesAnew } from './topic-members.ts'

const NO_RECEIPTS: ReceiptCounts = { delivered: 0, opened: 0, clicked: 0 }

/** After this long it has expired by the clock of every object, so nothing of it is sent any more. */
const EXPIRED_EVERYWHERE_MS = 5_000

export class Notification extends DirectSend implements NotificationCalls {
  /** Accepts a send. Idempotent by the object's name: a second call with the same body answers the first one's id. */
  async create(request: CreateRequest): Promise<CreateAnswer> {
    const earlier = await this.replay(request.bodyHash)
    if (earlier) return earlier.kind === 'replayed' ? await this.answerInLine(earlier) : earlier
    const now = Date.now()
    const created = life.begin(request, now)
    // It is new, so none is set: the alarm is set in the turn in which it is written. Both are stored, or neither is.
    this.alarmRang()
    this.write(created)
    await this.wakeBy(created.status === 'scheduled' ? (created.send.sendAt ?? now) : now + this.leaseMs)
    const answer = await this.answerInLine({ kind: 'created', id: created.id, status: created.status })
    this.ctx.waitUntil(this.tellAuditLog())
    if (created.status === 'queued') this.ctx.waitUntil(this.startSoon(now))
    return answer
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

  /** What a shard of its topic needs to open its ledger; null when there is nothing to open, there or any more. */
  async order(shard: string): Promise<FanoutOrder | null> {
    const known = this.read()
    if (known?.status !== 'sending' || known.send.audience.kind !== 'topic') return null
    const piece = life.openShards(known).find((open) => open.shard === shard)
    return piece ? { ...(await this.orderOf(known)), fromSlot: piece.fromSlot, toSlot: piece.toSlot } : null
  }

  /** What the holder of dead letters needs to send them again; null when this is no replay of any there, or is over. */
  async replayOrder(ledger: string): Promise<ReplayOrder | null> {
    const known = this.read()
    if (known?.status !== 'sending' || known.send.audience.kind !== 'replay') return null
    const { of: replayOf, pushId, pieces } = known.send.audience.replay
    const piece = pieces.find((asked) => asked.ledger === ledger)
    return piece ? { ...(await this.orderOf(known)), replayOf, pushId, places: piece.places } : null
  }

  /** What a replay of its dead letters would find. @param places null: all of them */
  async replayable(places: readonly ShardPlace[] | null): Promise<Replayable | null> {
    const known = this.read()
    if (!known) return null
    const { ref: own } = this
    return await findReplayable(known, own, places, (ref, asked) => {
      return ref.name === own.name
        ? this.lookAtDeadLetters(known.id, asked)
        : ledgerNamed(this.env, ref).lookAtDeadLetters(known.id, asked)
    })
  }

  /** A shard has settled everybody. */
  async shardDone(shard: string, view: LedgerView): Promise<void> {
    await this.noteDeadLetters(view)
    const known = this.read()
    if (known) await this.advance(life.shardDone(known, shard, view, Date.now()))
  }

  /** A shard does not own all the slots it was to open: their present owners open them instead. */
  async pieceMoved(piece: Piece): Promise<void> {
    const known = this.read()
    if (known?.send.audience.kind !== 'topic') return
    const owners = await readPiecesAnew(this.env, known.appId, known.send.audience.topic, piece)
    const current = this.read() ?? known
    const next = life.replacePiece(current, piece, owners)
    if (next === current) return
    this.write(next)
    await enqueuePieces(this.env, next, owners)
  }

  /** Stops what has not been handed to a push service. */
  async cancel(): Promise<NotificationView | null> {
    const known = this.read()
    if (!known) return null
    await this.advance(life.cancel(known, Date.now()))
    for (const { shard } of life.openShards(known)) {
      const view = await cancelShard(this.env, known, shard)
      if (view) await this.shardDone(shard, view)
    }
    if (known.shards === null && known.startedAt !== null) await this.cancelOwn(known)
    return await this.view()
  }

  /** A line says that it is its turn there. Answers at once; false: it is over in that line. */
  async turn(line: string, sequence: number): Promise<boolean> {
    const known = this.read()
    if (!known || known.completedAt !== null || !this.lines.take(line, sequence)) return false
    this.ctx.waitUntil(this.startSoon(Date.now()))
    return true
  }

  /** A page of what became of each recipient. */
  async deliveries(query: DeliveryQuery): Promise<DeliveryPage | null> {
    const known = this.read()
    if (!known) return null
    if (known.shards === null) {
      return this.hasTables ? await this.ledgerDeliveries(known.id, query) : { data: [], nextCursor: null }
    }
    return await shardDeliveries(this.env, ledgersOf(known, this.ref), known.id, query)
  }

  /** Counts what a device reports, each event once. False: no such notification. */
  async record(deviceId: string, events: { event: ReceiptEvent; at: number }[]): Promise<boolean> {
    if (!this.read()) return false
    await this.makeTables()
    putReceipts(this.ctx.storage.sql, deviceId, events)
    return true
  }

  override async alarm(): Promise<void> {
    this.alarmRang()
    const known = this.read()
    if (!known) return
    const now = Date.now()
    this.ctx.waitUntil(this.tellAuditLog())
    if (known.completedAt !== null) return await this.lookAfterFinished(known, known.completedAt, now)
    if (known.status === 'scheduled' && !life.isDue(known, now)) return await this.wakeBy(known.send.sendAt ?? now)
    // Armed before the work: an alarm that fails six times is not repeated by the platform.
    await this.wakeBy(now + this.leaseMs)
    if (known.send.ordered) await this.lines.askAgain(known)
    if (life.isDue(known, now)) await this.start(now)
    else if (known.shards === null) await this.wakeOwn(now)
    else await this.chaseShards(known)
  }

  /** Starts right after the answer; a start that fails is reported here and repeated by the alarm. */
  private async startSoon(now: number): Promise<void> {
    try {
      await this.start(now)
      await this.letGo()
    } catch (error) {
      console.error('a start failed, the alarm repeats it', { id: this.read()?.id, error: String(error) })
    }
  }

  /** Resolves the audience and hands it on. Repeated by the alarm until it succeeded once. */
  private async start(now: number): Promise<void> {
    const known = this.read()
    if (!known || !life.isDue(known, now)) return
    const { audience, ordered } = known.send
    if (ordered && !(await this.mayStart(known, now))) return
    if (audience.kind === 'topic' || audience.kind === 'replay') {
      const pieces =
        audience.kind === 'topic'
          ? await readPieces(this.env, known.appId, audience.topic)
          : replayPieces(audience.replay)
      const started = life.startShards(this.read() ?? known, pieces, now)
      await this.advance(started)
      return await enqueuePieces(this.env, started, life.openShards(started))
    }
    await this.startDirect(known, audience, now)
  }

  /** Before anybody hears of an ordered send it is in its lines, so that lines have the order of acceptance. */
  private async answerInLine(answer: CreateAnswer): Promise<CreateAnswer> {
    const known = this.read()
    if (!known?.send.ordered || known.status !== 'queued') return answer
    // It was accepted before it had to enter any line; the alarm asks until there is room.
    if (life.firstStatus(known.send, known.createdAt) === 'scheduled') return answer
    let hasRoom: boolean
    try {
      hasRoom = await this.lines.enter(known)
    } catch (error) {
      console.error('a line did not answer, the alarm asks it again', { id: known.id, error: String(error) })
      return { kind: 'unknown' }
    }
    const current = this.read()
    // A twin of this request was refused meanwhile.
    if (current === null) return { kind: 'line_full' }
    // Where it was its turn it has begun already; it enters the other lines when they have room.
    if (hasRoom || current.status !== 'queued') return answer
    // It may have been accepted before: only the request that made it may be told that it was not.
    return answer.kind === 'created' ? await this.refuse(known) : { kind: 'unknown' }
  }

  /** Emptied at once, so that nothing starts while the lines are left. */
  private async refuse(known: NotificationLife): Promise<CreateAnswer> {
    const leaving = this.lines.leaveAll(known)
    await this.ctx.storage.deleteAll()
    this.alarmRang()
    await leaving
    return { kind: 'line_full' }
  }

  /** Whether it is its turn in some line; one that expired waiting starts too, to settle everybody as expired. */
  private async mayStart(known: NotificationLife, now: number): Promise<boolean> {
    if (now >= known.expiresAt + EXPIRED_EVERYWHERE_MS) return true
    this.write(life.queue(known))
    await this.lines.enterWhereItCan(known)
    return this.lines.mayStart
  }

  private async chaseShards(known: NotificationLife): Promise<void> {
    for (const piece of life.openShards(known)) {
      const view = await chaseShard(this.env, known, piece)
      if (view) await this.shardDone(piece.shard, view)
    }
  }

  protected override async announce(known: NotificationLife): Promise<void> {
    await announce(this.env, known, {
      ledgerViews: () => this.ledgerViews(known),
      deliveries: (query) => this.deliveries(query),
    })
  }

  private async ledgerViews(known: NotificationLife): Promise<LedgerView[]> {
    if (known.shards === null) return [this.ownView(known) ?? life.EMPTY_VIEW]
    return await askShards(this.env, known)
  }
}
