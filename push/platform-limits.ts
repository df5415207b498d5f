/**
 * What the platform's own counters allow, for the answers of whoever is refused by one: a binding does not tell. The numbers
 * and why they are so stand in wrangler.toml; a test compares.
 */
export const PLATFORM_LIMITS = {
  FAILED_BEARERS: { limit: 100, windowSeconds: 60 },
  CALLS_BY_ADDRESS: { limit: 1_000, windowSeconds: 60 },
  CALLS_BY_DEVICE: { limit: 1_000, windowSeconds: 10 },
  METER_QUESTIONS: { limit: 2_000, windowSeconds: 10 },
} as const

export type PlatformLimit = keyof typeof PLATFORM_LIMITS
