/**
 * The audit log of one app, or of the operator. Takes what others tell it and answers questions about it; its alarm
 * chains what nobody finished, sums up refusals and prunes. What a row is and how rows hang together is push/audit-*.ts,
 * what is stored is audit-trail.ts. Nothing here changes a row.
 */
import { DurableObject } from 'cloudflare:workers'
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import { BEGINNING } from '../push/audit-chain.ts'
import type { AuditEntry, AuditIntent } from '../push/audit-entry.ts'
import type { Refusals } from '../push/audit-refusals.ts'
import { putIntent } from '../schema/audit/intents.ts'
import migrations from '../schema/migrations/audit/migrations.js'
import type { AuditCalls, AuditEnding, AuditEnds, AuditPage, AuditParts, AuditQuery } from './audit-rpc.ts'
import { readAuditTerms } from './audit-terms.ts'
import { AuditTrail } from './audit-trail.ts'

/** No call of ours takes this long: whoever began it is gone. */
const INTENT_LIFE_MS = 5 * 60_000
/** Refusals of a caller are one row in this time. */
const REFUSALS_MS = 60_000
/** How often a log says that it forgets what is too old, and does: a row each time. */
const PRUNE_EVERY_MS = 24 * 60 * 60_000
const DAY_MS = 24 * 60 * 60_000
/** How often one looks in which nothing gets old: its app may be gone, and then it goes too. */
const LOOK_EVERY_MS = 30 * DAY_MS
/** After something that failed: D1 is back in seconds, or is not. */
const TRY_AGAIN_MS = 60_000
/** Between two steps of something long, so that others have their turn. */
const STEP_MS = 100

const NEVER = Number.POSITIVE_INFINITY
const NOTHING: AuditEnds = { anchor: BEGINNING, head: { ...BEGINNING, at: null } }

export class AuditLog extends DurableObject<Env> implements AuditCalls {
  private readonly log: string
  private readonly trail: AuditTrail

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.log = ctx.id.name!
    this.trail = new AuditTrail(ctx.storage, this.log)
    if (this.hasTables) ctx.blockConcurrencyWhile(() => this.migrate())
  }

  /** An act is about to be done. When this has answered it will be in the chain, whatever becomes of who does it. */
  async begin(id: string, intent: AuditIntent): Promise<void> {
    await this.makeTables()
    const now = Date.now()
    putIntent(this.ctx.storage.sql, id, now, intent)
    await this.wakeBy(now + INTENT_LIFE_MS)
  }

  async finish(id: string, ending: AuditEnding): Promise<boolean> {
    if (!this.hasTables) return false
    const now = Date.now()
    const wasOpen = this.trail.finish(id, ending, now)
    if (ending.outcome === 'refused') await this.wakeBy(now + REFUSALS_MS)
    return wasOpen
  }

  /** Adds an act that is over. False: it is there already. */
  async record(entry: AuditEntry, { once, payload }: AuditParts): Promise<boolean> {
    await this.makeTables()
    const shown =
      payload !== null && !(await this.redacts()) ? { ...entry, after: { ...entry.after, ...payload } } : entry
    const now = Date.now()
    const isNew = this.trail.append(shown, now, once)
    await this.wakeBy(now + PRUNE_EVERY_MS)
    return isNew
  }

  async refuse(refusals: Refusals): Promise<void> {
    await this.makeTables()
    const now = Date.now()
    this.trail.countRefusals(refusals, now)
    await this.wakeBy(now + REFUSALS_MS)
  }

  async page(query: AuditQuery): Promise<AuditPage> {
    return this.hasTables ? this.trail.page(query) : { data: [], nextBefore: null }
  }

  async ends(): Promise<AuditEnds> {
    return this.hasTables ? this.trail.ends() : NOTHING
  }

  async records(after: number, upTo: number): Promise<string[]> {
    return this.hasTables ? this.trail.records(after, upTo) : []
  }

  override async alarm(): Promise<void> {
    if (!this.hasTables) return
    let nextAt = Date.now() + TRY_AGAIN_MS
    try {
      nextAt = await this.lookAfter(Date.now())
    } catch (error) {
      console.error('an audit log was not looked after, the alarm repeats it', { log: this.log, error: String(error) })
    }
    if (nextAt !== NEVER) await this.ctx.storage.setAlarm(nextAt)
  }

  /** Answers when to look again. */
  private async lookAfter(now: number): Promise<number> {
    const moreIntents = this.trail.giveUpOn(now - INTENT_LIFE_MS, now)
    this.trail.sumUpRefusals(now - REFUSALS_MS, now)
    const { retentionMs, isGone } = await this.terms(now)
    if (now >= this.trail.pruningAnnouncedAt + PRUNE_EVERY_MS) this.trail.announcePruning(now - retentionMs, now)
    const moreOld = this.trail.prune()
    if (moreIntents || moreOld) return now + STEP_MS
    const { intent, refusal } = this.trail.openSince
    const open = Math.min((intent ?? NEVER) + INTENT_LIFE_MS, (refusal ?? NEVER) + REFUSALS_MS)
    if (this.trail.hasActs) return Math.min(open, now + PRUNE_EVERY_MS)
    if (!isGone) return Math.min(open, now + LOOK_EVERY_MS)
    if (open === NEVER) await this.ctx.storage.deleteAll()
    return open
  }

  /** An app's log outlives the app, for as long as the app wanted; then its object is emptied. */
  private async terms(now: number): Promise<{ readonly retentionMs: number; readonly isGone: boolean }> {
    const { isGone, retentionDays } = await readAuditTerms(this.env, this.log, now)
    const { kv } = this.ctx.storage
    const remembered = kv.get<number>('retentionDays')
    if (isGone) return { retentionMs: (remembered ?? retentionDays) * DAY_MS, isGone }
    if (remembered !== retentionDays) kv.put('retentionDays', retentionDays)
    return { retentionMs: retentionDays * DAY_MS, isGone }
  }

  /** What nobody can be asked about stays out. */
  private async redacts(): Promise<boolean> {
    try {
      return (await readAuditTerms(this.env, this.log, Date.now())).redact
    } catch (error) {
      console.error('settings were not read, a message stays out of the log', { log: this.log, error: String(error) })
      return true
    }
  }

  /** Makes sure that the alarm rings no later than this. One row written, and only when it has to move. */
  private async wakeBy(at: number): Promise<void> {
    const setTo = await this.ctx.storage.getAlarm()
    if (setTo === null || setTo > at) await this.ctx.storage.setAlarm(at)
  }

  /** Made by whoever writes first: an app that somebody guessed must not leave a log behind. */
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
}
