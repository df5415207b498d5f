/** Ledgers and inboxes for the tests of the demo, as short as the tests want to be. */
import type { Platform } from '../../push/device.ts'
import { emptyCounts, type LedgerCounts } from '../../push/ledger.ts'
import type { ServiceCounts, Snapshot } from './send.ts'

export function counts(partial: Partial<LedgerCounts>): LedgerCounts {
  return { ...emptyCounts(), ...partial }
}

export function inbox(partial: Partial<ServiceCounts>): ServiceCounts {
  return { requests: 0, accepted: 0, by_status: {}, duplicates: 0, ...partial }
}

/** A snapshot in which only FCM took part. */
export function fcmSnapshot(
  ledger: Partial<LedgerCounts>,
  arrivals: Partial<ServiceCounts>,
  elapsedMs = 1000,
): Snapshot {
  const byPlatform: Partial<Record<Platform, LedgerCounts>> = { fcm: counts(ledger) }
  return {
    ledger: { id: 'ntf_1', status: 'sending', counts: counts(ledger), by_platform: byPlatform },
    inbox: { fcm: inbox(arrivals), apns: inbox({}), webpush: inbox({}) },
    elapsedMs,
  }
}
