/** A token bucket as a plain value. Pure: the clock is an argument. */

export interface Bucket {
  /** May be below zero: debt that has to be filled up first. */
  readonly level: number
  /** Epoch ms. */
  readonly filledAt: number
}

/** How fast a bucket fills, and how much it holds. */
export interface BucketTerms {
  readonly perSecond: number
  readonly capacity: number
}

/** What has flowed in since it was last filled. A clock that went back fills nothing. */
export function fill({ level, filledAt }: Bucket, { perSecond, capacity }: BucketTerms, now: number): Bucket {
  const flowed = (Math.max(0, now - filledAt) / 1000) * perSecond
  return { level: Math.min(capacity, level + flowed), filledAt: now }
}

/** Takes out, or gives back what was not used when `count` is negative. */
export function draw({ level, filledAt }: Bucket, count: number): Bucket {
  return { level: level - count, filledAt }
}
