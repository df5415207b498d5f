/**
 * What an app's webhooks have to hear of: keeps events until every webhook that asked for them has taken them or was
 * given up, and for a while after that as a log. Puts deliveries into the queue, a few at a time for each webhook, and an
 * alarm finds what is due or lost. What becomes of a delivery is decided in push/webhook-delivery.ts; requests are made by
 * workers/jobs/webhooks.ts, never here.
 */
import { DurableObject } from 'cloudflare:workers'
import { drizzle } from 'drizzle-orm/durable-sqlite'
import { migrate } from 'drizzle-orm/durable-sqlite/migrator'
import { NOWHERE, SYSTEM } from '../push/audit-entry.ts'
import { ID_RANDOM_BYTES, idTail, makeId } from '../push/ids.ts'
import {
  beginWebhookDelivery,
  leaseWebhookDelivery,
  queueWebhookDelivery,
  replayWebhookDelivery,
  settleWebhookDelivery,
  type WebhookDelivery,
} from '../push/webhook-delivery.ts'
import type { WebhookEvent } from '../push/webhook-event.ts'
import type { WebhookDisabledReason } from '../push/webhook-retry.ts'
import { changeWebhook } from '../schema/d1/webhooks.ts'
import { databaseOf } from '../schema/databases.ts'
import migrations from '../schema/migrations/webhooks/migrations.js'
import type { WebhookMessage } from '../schema/queue-messages.ts'
import {
  countInFlight,
  dropDeliveriesOf,
  hasDeliveredSince,
  listBusyWebhooks,
  listDue,
  listFailedSince,
  listWebhookDeliveries,
  nextLookAt,
  putWebhookDelivery,
  readWebhookDelivery,
  type WebhookDeliveryQuery,
} from '../schema/webhooks/deliveries.ts'
import { dropSomeEvents, hasEvents, insertEvent, readEvent } from '../schema/webhooks/events.ts'
import { audit } from './audit-event.ts'
import { sendAll } from './send-all.ts'
import type { LoggedDelivery, LogPage, OutboxCalls, WebhookLease, WebhookReport } from './webhook-rpc.ts'
import { forgetWebhooks, webhooksFor } from './webhook-subscriptions.ts'

/** How long the log answers questions, as long as ledgers do. */
const RETENTION_MS = 30 * 24 * 60 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000
const EVENTS_DROPPED_A_STEP = 1_000

/** Of one webhook: one that is slow has no more of the queue's consumers than these, and holds up nobody else. */
const MOST_IN_FLIGHT = 4

const MOST_REPLAYED = 1_000

export class WebhookOutbox extends DurableObject<Env> implements OutboxCalls {
  private readonly leaseMs: number
  private readonly baseSeconds: number
  private isOpen = false
  /** What the alarm is set to, as far as this instance knows; undefined: not asked yet. */
  private alarmAt: number | null | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.leaseMs = Number(env.LEASE_SECONDS) * 1000
    this.baseSeconds = Number(env.RETRY_BASE_SECONDS)
  }

  async emit(event: WebhookEvent): Promise<void> {
    const webhooks = await webhooksFor(this.env, this.appId, event.type, Date.now())
    // What happened before a webhook was there is none of its business, and may be told again for a while.
    const hearing = webhooks.filter(({ createdAt }) => createdAt <= event.at)
    if (hearing.length === 0) return
    const ids = hearing.map(({ id }) => id)
    if ((await this.enter(event, ids)) !== null) await this.handOut(ids)
  }

  async emitTo(webhookId: string, event: WebhookEvent): Promise<LoggedDelivery> {
    const entered = await this.enter(event, [webhookId])
    if (entered === null) throw new Error(`${event.id} was told before`)
    await this.handOut([webhookId])
    return { delivery: entered[0]!, event }
  }

  async lease(webhookId: string, deliveryId: string): Promise<WebhookLease> {
    const { sql } = await this.open()
    const known = readWebhookDelivery(sql, webhookId, deliveryId)
    const event = known && readEvent(sql, known.eventKey)
    if (!known || !event) return { kind: 'nothing' }
    const leaseId = crypto.randomUUID()
    const leasing = leaseWebhookDelivery(known, leaseId, Date.now(), this.leaseMs)
    if (leasing.kind === 'nothing') return leasing
    putWebhookDelivery(sql, leasing.delivery)
    return leasing.kind === 'leased' ? { kind: 'leased', leaseId, event } : { kind: 'nothing' }
  }

  async settle(webhookId: string, deliveryId: string, leaseId: string, report: WebhookReport): Promise<void> {
    const { sql } = await this.open()
    const known = readWebhookDelivery(sql, webhookId, deliveryId)
    // Somebody else has it by now: what came of this attempt is found out by the next one.
    if (known?.leaseId !== leaseId) return
    const now = Date.now()
    const acceptedSince = hasDeliveredSince(sql, webhookId, known.startedAt)
    const terms = { now, random: Math.random(), baseSeconds: this.baseSeconds, acceptedSince }
    const { delivery, step } = settleWebhookDelivery(known, report, terms)
    // First, so that what cannot be written is reported again by the next attempt.
    if (step.kind === 'failed' && step.disable !== null) await this.disable(webhookId, step.disable, now)
    putWebhookDelivery(sql, delivery)
    await this.handOut([webhookId])
  }

  async list(query: WebhookDeliveryQuery): Promise<LogPage> {
    const { sql } = await this.open()
    const rows = listWebhookDeliveries(sql, { ...query, limit: query.limit + 1 })
    const data = rows.slice(0, query.limit).flatMap((row) => this.logged(sql, row) ?? [])
    return { data, nextFrom: rows[query.limit]?.id ?? null }
  }

  async find(webhookId: string, deliveryId: string): Promise<LoggedDelivery | null> {
    const { sql } = await this.open()
    return this.logged(sql, readWebhookDelivery(sql, webhookId, deliveryId))
  }

  async replay(webhookId: string, deliveryId: string): Promise<LoggedDelivery | null> {
    const { sql } = await this.open()
    const known = readWebhookDelivery(sql, webhookId, deliveryId)
    if (!known) return null
    const replayed = replayWebhookDelivery(known, Date.now())
    putWebhookDelivery(sql, replayed)
    await this.handOut([webhookId])
    return this.logged(sql, replayed)
  }

  async replayFailed(webhookId: string, since: number): Promise<{ replayed: number; more: boolean }> {
    const { sql } = await this.open()
    const failed = listFailedSince(sql, webhookId, since, MOST_REPLAYED + 1)
    const replayed = failed.slice(0, MOST_REPLAYED)
    const now = Date.now()
    this.ctx.storage.transactionSync(() => {
      for (const delivery of replayed) putWebhookDelivery(sql, replayWebhookDelivery(delivery, now))
    })
    await this.handOut([webhookId])
    return { replayed: replayed.length, more: failed.length > MOST_REPLAYED }
  }

  async forget(webhookId: string): Promise<void> {
    const { sql } = await this.open()
    dropDeliveriesOf(sql, webhookId)
  }

  async clear(): Promise<void> {
    this.isOpen = false
    this.alarmAt = null
    await this.ctx.storage.deleteAll()
  }

  override async alarm(): Promise<void> {
    this.alarmAt = null
    const { sql } = await this.open()
    const now = Date.now()
    // Armed before the work: an alarm that fails six times is not repeated by the platform.
    await this.wakeBy(now + this.leaseMs)
    this.dropOld(now)
    await this.handOut(listBusyWebhooks(sql))
    // And moved to when there is something to do, which may be tomorrow, or never.
    const nextAt = this.nextLookAt(listBusyWebhooks(sql), Date.now())
    this.alarmAt = nextAt
    await (nextAt === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(nextAt))
  }

  private get appId(): string {
    return this.ctx.id.name!
  }

  /** Tables are made when they are first needed, and again after everything was cleared. */
  private async open(): Promise<DurableObjectStorage> {
    if (!this.isOpen) await migrate(drizzle(this.ctx.storage), migrations)
    this.isOpen = true
    return this.ctx.storage
  }

  /** Keeps an event and its deliveries, all or nothing. Null: it was told before. */
  private async enter(event: WebhookEvent, webhookIds: readonly string[]): Promise<WebhookDelivery[] | null> {
    const { sql, kv } = await this.open()
    const now = Date.now()
    const entered = this.ctx.storage.transactionSync(() => {
      if (!insertEvent(sql, event)) return null
      const deliveries = webhookIds.map((webhookId) => {
        const id = makeId('whd', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
        return beginWebhookDelivery({ webhookId, id, eventKey: idTail(event.id) }, now)
      })
      for (const delivery of deliveries) putWebhookDelivery(sql, delivery)
      if (kv.get('dropAt') === undefined) kv.put('dropAt', now + RETENTION_MS)
      return deliveries
    })
    if (entered !== null) await this.wakeBy(now + this.leaseMs)
    return entered
  }

  /** Puts into the queue what is due, as much as each webhook may have in flight, and sets the alarm for the rest. */
  private async handOut(webhookIds: readonly string[]): Promise<void> {
    const { sql } = this.ctx.storage
    const now = Date.now()
    const messages: WebhookMessage[] = []
    for (const webhookId of webhookIds) {
      const room = MOST_IN_FLIGHT - countInFlight(sql, webhookId, now)
      for (const delivery of listDue(sql, webhookId, now, Math.max(0, room))) {
        putWebhookDelivery(sql, queueWebhookDelivery(delivery, now, this.leaseMs))
        messages.push({ kind: 'webhook.v1', appId: this.appId, webhookId, deliveryId: delivery.id })
      }
    }
    const nextAt = this.nextLookAt(webhookIds, now)
    if (nextAt !== null) await this.wakeBy(nextAt)
    try {
      await sendAll(this.env.WEBHOOKS, messages)
    } catch (error) {
      console.error('webhook deliveries were not enqueued, the alarm repeats it', { error: String(error) })
    }
  }

  /** Epoch ms; null: nothing of these webhooks is under way, and nothing is old. */
  private nextLookAt(webhookIds: readonly string[], now: number): number | null {
    const { sql, kv } = this.ctx.storage
    const looks = webhookIds.map((id) => nextLookAt(sql, id, countInFlight(sql, id, now) >= MOST_IN_FLIGHT))
    const instants = [kv.get<number>('dropAt') ?? null, ...looks].filter((at) => at !== null)
    return instants.length === 0 ? null : Math.min(...instants)
  }

  /** Whoever emits hears of it within seconds; what is on its way is given up when a consumer takes it. */
  private async disable(webhookId: string, reason: WebhookDisabledReason, now: number): Promise<void> {
    console.warn('a webhook was disabled', { appId: this.appId, webhookId, reason })
    const changes = { enabled: false, disabledReason: reason, disabledAt: now }
    await changeWebhook(databaseOf(this.env, this.appId), this.appId, webhookId, changes)
    forgetWebhooks(this.appId)
    const what = { action: 'webhookDisabled', target: webhookId, details: { reason } }
    await audit(this.env, this.appId, { ...what, actor: SYSTEM, origin: NOWHERE })
  }

  /** Once a day; what is too much for one step is the next alarm's. */
  private dropOld(now: number): void {
    const { sql, kv } = this.ctx.storage
    const dropAt = kv.get<number>('dropAt')
    if (dropAt === undefined || dropAt > now) return
    const more = dropSomeEvents(sql, now - RETENTION_MS, EVENTS_DROPPED_A_STEP)
    if (more) kv.put('dropAt', now)
    else if (hasEvents(sql)) kv.put('dropAt', now + DAY_MS)
    else kv.delete('dropAt')
  }

  private logged(sql: SqlStorage, delivery: WebhookDelivery | null): LoggedDelivery | null {
    const event = delivery && readEvent(sql, delivery.eventKey)
    return delivery && event ? { delivery, event } : null
  }

  /** Makes sure that the alarm rings no later than this. */
  private async wakeBy(at: number): Promise<void> {
    if (this.alarmAt === undefined) {
      const setTo = await this.ctx.storage.getAlarm()
      // Another call may have asked, and have set it, meanwhile.
      if (this.alarmAt === undefined) this.alarmAt = setTo
    }
    if (this.alarmAt !== null && this.alarmAt <= at) return
    this.alarmAt = at
    await this.ctx.storage.setAlarm(at)
  }
}
