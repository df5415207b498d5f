/**
 * When a provider token may be used again and when it must be minted anew. Pure: one table of what each push
 * service allows, and one decision. One minted token serves the whole fleet, so the rules are kept in one place.
 */
import type { Platform } from './device.ts'

/** A provider token, access token or VAPID header as the Signer keeps it. */
export interface Minted {
  readonly authorization: string
  readonly mintedAt: number
  /** When the push service stops taking it. */
  readonly expiresAt: number
  /** Version of the credential it was minted with. */
  readonly version: number
}

interface MintingRule {
  /** Renew this long before it expires. */
  readonly renewBeforeMs: number
  /** Never mint again sooner than this after the last mint, even when the token was refused. */
  readonly floorMs: number
  /** How long a fresh one lives, where the answer does not say. */
  readonly lifeMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export const MINTING: Readonly<Record<Platform, MintingRule>> = {
  // Google says how long it lives (an hour); its own libraries refresh with five minutes left.
  fcm: { renewBeforeMs: 5 * MINUTE_MS, floorMs: 0, lifeMs: HOUR_MS },
  // Apple refuses tokens older than 60 minutes and more than one mint in 20: renewed at 50, never under 20.
  apns: { renewBeforeMs: 10 * MINUTE_MS, floorMs: 20 * MINUTE_MS, lifeMs: HOUR_MS },
  // RFC 8292 §2 allows 24 hours; Apple's Web Push forbids refreshing more than once an hour.
  webpush: { renewBeforeMs: HOUR_MS, floorMs: HOUR_MS, lifeMs: 12 * HOUR_MS },
}

/**
 * Whether what was minted is to be handed out (again).
 *
 * @param wanted the credential's version now, and the token that the caller saw refused, if any
 */
export function mayReuse(
  minted: Minted,
  platform: Platform,
  wanted: { readonly version: number; readonly refused: string | null },
  now: number,
): boolean {
  const rule = MINTING[platform]
  if (minted.version !== wanted.version) return false
  if (now - minted.mintedAt < rule.floorMs) return true
  if (minted.authorization === wanted.refused) return false
  return now < minted.expiresAt - rule.renewBeforeMs
}
