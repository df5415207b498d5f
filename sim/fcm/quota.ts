/**
 * FCM's rates, off until someone sets them: a bench sends more in a minute than Google lets a project send.
 *
 * A bucket refills whole a minute after its first use, not with the clock
 * (firebase.google.com/docs/cloud-messaging/throttling-and-quotas).
 */
import { type ControlRequest, type ControlRoute, optionalNumber } from '../control-route.ts'
import type { Refusal } from './errors.ts'
import { refusalOf } from './reasons.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

interface Bucket {
  left: number
  readonly refillsAt: number
}

/** One limit over one window, for any number of keys. */
class Buckets {
  readonly #limit: number
  readonly #windowMs: number
  readonly #byKey = new Map<string, Bucket>()

  constructor(limit: number, windowMs: number) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** Takes one. Returns 0, or the seconds until the bucket is full again. */
  take(key: string, now: number): number {
    let bucket = this.#byKey.get(key)
    if (bucket === undefined || bucket.refillsAt <= now) {
      bucket = { left: this.#limit, refillsAt: now + this.#windowMs }
      this.#byKey.set(key, bucket)
    }
    bucket.left -= 1
    return bucket.left >= 0 ? 0 : Math.ceil((bucket.refillsAt - now) / 1000)
  }
}

/** Messages; undefined: no limit. Google's are 600,000, 240 and 5,000. */
export interface QuotaLimits {
  readonly projectPerMinute?: number
  readonly devicePerMinute?: number
  readonly devicePerHour?: number
}

export class Quota {
  #project: Buckets | null = null
  #device: readonly Buckets[] = []

  /** Replaces all limits; every bucket is full again. */
  set({ projectPerMinute, devicePerMinute, devicePerHour }: QuotaLimits): void {
    this.#project = projectPerMinute === undefined ? null : new Buckets(projectPerMinute, MINUTE_MS)
    this.#device = [
      ...(devicePerMinute === undefined ? [] : [new Buckets(devicePerMinute, MINUTE_MS)]),
      ...(devicePerHour === undefined ? [] : [new Buckets(devicePerHour, HOUR_MS)]),
    ]
  }

  /** Counts one message, and refuses it when the project or the device has had too many. */
  take(projectId: string, address: string, now: number): Refusal | null {
    const projectSeconds = this.#project?.take(projectId, now) ?? 0
    if (projectSeconds > 0) return refuseUntil(projectSeconds, 'RATE_LIMIT_EXCEEDED', address)
    for (const buckets of this.#device) {
      const seconds = buckets.take(address, now)
      if (seconds > 0) return refuseUntil(seconds, 'QUOTA_EXCEEDED', address)
    }
    return null
  }

  /** Counts a request that was refused: client errors use up the project's rate too. */
  countRefusal(projectId: string, now: number): void {
    this.#project?.take(projectId, now)
  }
}

function refuseUntil(seconds: number, reason: string, address: string): Refusal {
  const refusal = refusalOf(429, reason, address)
  return { ...refusal, headers: { ...refusal.headers, 'retry-after': String(seconds) } }
}

/** `PUT /fcm/quota {project_per_minute?, device_per_minute?, device_per_hour?}`; `{}` takes all limits away. */
export function quotaRoute(quota: Quota): ControlRoute {
  return {
    method: 'PUT',
    path: '/fcm/quota',
    handle: ({ body }: ControlRequest) => {
      quota.set({
        projectPerMinute: optionalNumber(body, 'project_per_minute', 0),
        devicePerMinute: optionalNumber(body, 'device_per_minute', 0),
        devicePerHour: optionalNumber(body, 'device_per_hour', 0),
      })
      return { status: 200, body }
    },
  }
}
