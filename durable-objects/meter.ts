/**
 * What an app uses up, counted exactly, one object an app: requests by the window, sends and recipients by the day, places
 * for devices, answers that are good once. A thin shell: what may be granted is decided in push/allowance-block.ts,
 * push/quota-book.ts and push/device-places.ts. Every count is stored before it is answered, so a restart forgets none.
 */
import { DurableObject } from 'cloudflare:workers'
import { type BlockAsk, type BlockGrant, type GrantedWindow, grantBlock } from '../push/allowance-block.ts'
import type { AppQuotas } from '../push/app-settings.ts'
import * as places from '../push/device-places.ts'
import { holdSend, type KeptSend, releaseSend } from '../push/kept-send.ts'
import { DAY_MS } from '../push/limit-window.ts'
import * as book from '../push/quota-book.ts'
import { countLivingDevices } from '../schema/d1/devices.ts'
import { databaseOf } from '../schema/databases.ts'
import type { CountedSend, MeterCalls, MeterUsage, PlacesGrant, SendCount } from './meter-rpc.ts'

/** What is kept of a day is of use on the next one too: a send that was counted before midnight may end after it. */
const DAYS_KEPT = 2
/** Rows that one alarm forgets. */
const ROWS_AN_ALARM = 1_000
const NEXT_ALARM_MS = 1_000

interface FoundSend {
  readonly key: string
  /** Epoch ms: the day on which it was counted. */
  readonly dayAt: number
  readonly kept: KeptSend
}

export class Meter extends DurableObject<Env> implements MeterCalls {
  /** One count of the devices at a time: whoever comes meanwhile waits for the same. */
  private counting: Promise<void> | null = null

  /** A block of requests out of what is left of the window. */
  async take(ask: BlockAsk): Promise<BlockGrant> {
    const { window, grant } = grantBlock(this.kept<GrantedWindow>('window'), ask, Date.now())
    if (grant.granted > 0) this.ctx.storage.kv.put('window', window)
    return grant
  }

  /** Counts a send, once however often it is asked; or says which quota has no room for it, and counts nothing. */
  async countSend({ send, bodyHash, recipients }: CountedSend, quotas: AppQuotas): Promise<SendCount> {
    const now = Date.now()
    const found = this.findSend(send, now)
    if (found !== null) return this.hold(found, bodyHash)
    const { next, verdict } = book.enterSend(this.kept('book'), recipients, quotas, now)
    if (next === null) return verdict
    this.ctx.storage.kv.put('book', next)
    await this.remember(next.startsAt, `send/${send}`, { bodyHash, recipients, holders: 1 })
    return verdict
  }

  /** A request was refused after it was counted: if no other one is the same send, it is as if it had never been. */
  async forgetSend(send: string): Promise<void> {
    const found = this.findSend(send, Date.now())
    if (found === null) return
    const left = releaseSend(found.kept)
    if (left !== null) return this.ctx.storage.kv.put(found.key, left)
    this.ctx.storage.kv.delete(found.key)
    this.change(book.leaveSend(this.kept('book'), found.dayAt, found.kept.recipients))
  }

  /** How many it really went to, however long ago it was counted. Idempotent. */
  async correctSend(counted: CountedSend, reached: number): Promise<void> {
    const now = Date.now()
    const found = this.findSend(counted.send, now)
    const { bodyHash, recipients, holders } = found?.kept ?? { ...counted, holders: 1 }
    if (recipients === reached) return
    this.change(book.correctRecipients(this.kept('book'), found?.dayAt ?? null, reached - recipients, now))
    await this.remember(found?.dayAt ?? dayOf(now), `send/${counted.send}`, { bodyHash, recipients: reached, holders })
  }

  /** Room for so many devices that are not there yet: all of it, or as much as there is. */
  async takePlaces(wanted: number, limit: number): Promise<PlacesGrant> {
    if (places.mustCount(this.places, wanted, limit, Date.now())) await this.countDevices()
    const now = Date.now()
    const { next, granted } = places.takePlaces(this.places!, wanted, limit, now)
    this.ctx.storage.kv.put('places', next)
    const used = places.usedPlaces(next)
    const told = book.enterDevices(this.kept('book'), used, limit, now)
    if (told.warnings.length > 0) this.ctx.storage.kv.put('book', told.next)
    return { granted, used, warnings: told.warnings }
  }

  /** What is used of which quota today. Devices are counted if the app has a quota of them. */
  async usage({ devices }: AppQuotas): Promise<MeterUsage> {
    if (devices !== null && places.mustCount(this.places, 0, devices, Date.now())) await this.countDevices()
    const today = book.readBook(this.kept('book'), Date.now())
    return { ...today, devices: devices === null ? null : places.usedPlaces(this.places!) }
  }

  /** Whether it is the first time that this is shown, today or yesterday; or it was shown by the same one before. */
  async useOnce(digest: string, by?: string): Promise<boolean> {
    const today = dayOf(Date.now())
    const users = this.daysKept(today).map((day) => this.kept<string>(rowKey(day, `once/${digest}`)))
    const usedBy = users.find((user) => user !== null)
    if (usedBy !== undefined) return usedBy === by
    await this.remember(today, `once/${digest}`, by ?? '')
    return true
  }

  /** The app is gone. */
  async empty(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  /** Forgets what was kept of days that are over. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage
    const oldest = dayOf(Date.now()) - (DAYS_KEPT - 1) * DAY_MS
    const old = [...kv.list({ prefix: 'day/', end: rowKey(oldest, ''), limit: ROWS_AN_ALARM })]
    for (const [key] of old) kv.delete(key)
    const [more] = kv.list({ prefix: 'day/', limit: 1 })
    if (more === undefined) return
    const isDone = old.length < ROWS_AN_ALARM
    await this.ctx.storage.setAlarm(isDone ? dayOf(Date.now()) + DAY_MS : Date.now() + NEXT_ALARM_MS)
  }

  private async countDevices(): Promise<void> {
    this.counting ??= this.countDevicesNow().finally(() => {
      this.counting = null
    })
    await this.counting
  }

  private async countDevicesNow(): Promise<void> {
    const startedAt = Date.now()
    const appId = this.ctx.id.name!
    const counted = await countLivingDevices(databaseOf(this.env, appId), appId)
    this.ctx.storage.kv.put('places', places.recounted(this.places, counted, startedAt))
  }

  private get places(): places.DevicePlaces | null {
    return this.kept('places')
  }

  private change(next: book.QuotaBook | null): void {
    if (next !== null) this.ctx.storage.kv.put('book', next)
  }

  /** Another request that is the same send, or only calls itself so. */
  private hold({ key, kept }: FoundSend, bodyHash: string): SendCount {
    const held = holdSend(kept, bodyHash)
    if (held === null) return { kind: 'conflict' }
    this.ctx.storage.kv.put(key, held)
    return { kind: 'known' }
  }

  private findSend(send: string, now: number): FoundSend | null {
    for (const dayAt of this.daysKept(dayOf(now))) {
      const key = rowKey(dayAt, `send/${send}`)
      const kept = this.kept<KeptSend>(key)
      if (kept !== null) return { key, dayAt, kept }
    }
    return null
  }

  /** The days on which something may have been noted that is kept: a clock that was set back may have noted tomorrow. */
  private daysKept(today: number): number[] {
    return Array.from({ length: DAYS_KEPT + 1 }, (_, age) => today + (1 - age) * DAY_MS)
  }

  private async remember(dayAt: number, name: string, value: unknown): Promise<void> {
    this.ctx.storage.kv.put(rowKey(dayAt, name), value)
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(dayOf(Date.now()) + DAY_MS)
  }

  private kept<T>(key: string): T | null {
    return this.ctx.storage.kv.get<T>(key) ?? null
  }
}

function dayOf(now: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS
}

/** Days sort as text as they do in time: their numbers have five digits until the year 2243. */
function rowKey(dayAt: number, name: string): string {
  return `day/${dayAt / DAY_MS}/${name}`
}
