/**
 * Which lanes of a ledger (the tickets of a notification on one platform) wait for a push service that is paused or
 * down. While one waits, its alarm sends one ticket ahead to look instead of all: an outage costs a few rows an hour
 * whatever the size of the topic. Kept as one value; tickets themselves are not touched.
 */
import type { Platform } from '../push/device.ts'

/** The lane a ticket is in. */
export interface LaneName {
  readonly notificationId: string
  readonly platform: Platform
}

const KEY = 'held_lanes'

/** A lane that nobody has held for this long belongs to a notification that is over. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000

export class HeldLanes {
  private readonly kv: DurableObjectStorage['kv']
  /** Epoch ms until which each waits. */
  private readonly until: Map<string, number>
  /** Epoch ms until which the ticket that was sent ahead is waited for; memory only. */
  private readonly lookingUntil = new Map<string, number>()

  constructor({ kv }: Pick<DurableObjectStorage, 'kv'>) {
    this.kv = kv
    this.until = new Map(Object.entries(kv.get<Record<string, number>>(KEY) ?? {}))
  }

  /**
   * Asks for a ticket that is due whether it may go. Null: it may; if the lane is held it goes ahead, and the others
   * wait for it. Otherwise the instant at which to ask again, epoch ms.
   */
  waitOf(lane: LaneName, now: number, patienceMs: number): number | null {
    const name = nameOf(lane)
    const until = this.until.get(name)
    if (until === undefined) return null
    const waitsUntil = Math.max(until, this.lookingUntil.get(name) ?? 0)
    if (waitsUntil > now) return waitsUntil
    this.lookingUntil.set(name, now + patienceMs)
    return null
  }

  /** The lane waits until then; one that waits already is left alone. One row written. @param until epoch ms */
  hold(lane: LaneName, until: number, now: number): void {
    const name = nameOf(lane)
    this.lookingUntil.delete(name)
    if ((this.until.get(name) ?? 0) > now) return
    for (const [other, at] of this.until) if (at < now - FORGOTTEN_AFTER_MS) this.until.delete(other)
    this.until.set(name, until)
    this.write()
  }

  /** A ticket of the lane got through. One row written if it was held. @returns whether it was */
  release(lane: LaneName): boolean {
    const name = nameOf(lane)
    this.lookingUntil.delete(name)
    const held = this.until.delete(name)
    if (held) this.write()
    return held
  }

  private write(): void {
    if (this.until.size === 0) this.kv.delete(KEY)
    else this.kv.put(KEY, Object.fromEntries(this.until))
  }
}

function nameOf({ notificationId, platform }: LaneName): string {
  return `${notificationId} ${platform}`
}
