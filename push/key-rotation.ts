/**
 * Rotating an API key: another one takes its place, and both are good for a while. Decides when each of them ends. Pure:
 * the clock is an argument.
 */

/** Times in epoch ms. */
export interface KeyLife {
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** The key that has taken its place. */
  readonly replacedBy: string | null
}

export type RotationPlan =
  /** When the old key ends, and the new one (null: when it is revoked). */
  | { readonly kind: 'rotate'; readonly oldExpiresAt: number; readonly newExpiresAt: number | null }
  | { readonly kind: 'refuse'; readonly because: 'replaced' | 'revoked' | 'expired' }

/**
 * The new key lives as long as the old one was meant to. The old one never lives longer than it would have anyway.
 *
 * @param now epoch ms
 */
export function planRotation(old: KeyLife, now: number, overlapMs: number): RotationPlan {
  if (old.revokedAt !== null) return { kind: 'refuse', because: 'revoked' }
  if (old.replacedBy !== null) return { kind: 'refuse', because: 'replaced' }
  if (old.expiresAt === null) return { kind: 'rotate', oldExpiresAt: now + overlapMs, newExpiresAt: null }
  if (old.expiresAt <= now) return { kind: 'refuse', because: 'expired' }
  const oldExpiresAt = Math.min(old.expiresAt, now + overlapMs)
  return { kind: 'rotate', oldExpiresAt, newExpiresAt: now + (old.expiresAt - old.createdAt) }
}
