/**
 * What the terminal shows while the send is on its way. Pure: snapshots in, lines of text out.
 */
import { PLATFORMS, type Platform } from '../../push/device.ts'
import type { LedgerCounts } from '../../push/ledger.ts'
import { countOf, drawBar, formatCount, formatSeconds, PLATFORM_NAMES } from './names.ts'
import type { InboxCounts, ServiceCounts, Snapshot } from './send.ts'

const TOTAL_BAR_WIDTH = 40
const PLATFORM_BAR_WIDTH = 20
const NAME_WIDTH = 10
/** Shorter spans say more about the clock than about the rate. */
const RATE_SPAN_MS = 1_000

/** Recipients whose fate is known. */
export function settledOf(counts: LedgerCounts): number {
  return counts.targeted - counts.pending
}

/** Answers that asked to come back later, or none at all; each is followed by a retry. */
export function retriesOf(service: ServiceCounts): number {
  return Object.entries(service.by_status)
    .filter(([status]) => status === '0' || status === '429' || status.startsWith('5'))
    .reduce((sum, [, count]) => sum + count, 0)
}

/** Settled recipients a second over the last second or so of the snapshots. */
export function rateOf(snapshots: readonly Snapshot[]): number {
  const last = snapshots.at(-1)
  if (last === undefined) return 0
  const first = snapshots.findLast((snapshot) => last.elapsedMs - snapshot.elapsedMs >= RATE_SPAN_MS)
  const settled = settledOf(last.ledger.counts) - (first === undefined ? 0 : settledOf(first.ledger.counts))
  const ms = last.elapsedMs - (first?.elapsedMs ?? 0)
  return ms === 0 ? 0 : (settled * 1000) / ms
}

/** A bar for the whole and one for each platform, to be drawn over the last ones. */
export function renderBars(snapshots: readonly Snapshot[]): string[] {
  const last = snapshots.at(-1)
  if (last === undefined) return []
  const { counts, by_platform: byPlatform, status } = last.ledger
  const total = `${drawBar(shareOf(counts), TOTAL_BAR_WIDTH)} ${percentOf(counts)}  ${progressOf(counts)}`
  return [
    `  ${total}  ${formatCount(rateOf(snapshots))}/s  ${formatSeconds(last.elapsedMs)}  ${status}`,
    ...PLATFORMS.map((platform) => `  ${platformBar(platform, byPlatform[platform], last.inbox)}`),
  ]
}

/** The same in one line, for logs. */
export function renderLine(snapshots: readonly Snapshot[]): string {
  const last = snapshots.at(-1)
  if (last === undefined) return ''
  const { counts, by_platform: byPlatform } = last.ledger
  const parts = PLATFORMS.map((platform) => {
    const counts = byPlatform[platform]
    return `${PLATFORM_NAMES[platform]} ${counts === undefined ? '0' : progressOf(counts)}`
  })
  const retries = PLATFORMS.reduce((sum, platform) => sum + retriesOf(last.inbox[platform]), 0)
  const rate = `${formatCount(rateOf(snapshots))}/s`
  return `  ${percentOf(counts)}  ${progressOf(counts)}, ${rate}, ${parts.join(', ')}, ${countOf(retries, 'retry', 'retries')}`
}

function platformBar(platform: Platform, counts: LedgerCounts | undefined, inbox: InboxCounts): string {
  const name = PLATFORM_NAMES[platform].padEnd(NAME_WIDTH)
  if (counts === undefined) return `${name}${drawBar(0, PLATFORM_BAR_WIDTH)}`
  const dead = counts.unregistered > 0 ? `  ${formatCount(counts.unregistered)} dead` : ''
  const failed = counts.failed > 0 ? `  ${formatCount(counts.failed)} failed` : ''
  const retries = retriesOf(inbox[platform])
  return `${name}${drawBar(shareOf(counts), PLATFORM_BAR_WIDTH)} ${progressOf(counts)}${dead}${failed}${retries > 0 ? `  ${countOf(retries, 'retry', 'retries')}` : ''}`
}

function progressOf(counts: LedgerCounts): string {
  return `${formatCount(settledOf(counts))} of ${formatCount(counts.targeted)}`
}

function shareOf(counts: LedgerCounts): number {
  return counts.targeted === 0 ? 0 : settledOf(counts) / counts.targeted
}

function percentOf(counts: LedgerCounts): string {
  return `${Math.floor(shareOf(counts) * 100)} %`.padStart(5)
}

/** What a plain log says of the registration. */
export function renderRegistration(registered: number, total: number, elapsedMs: number): string {
  const rate = elapsedMs === 0 ? 0 : (registered * 1000) / elapsedMs
  const bar = drawBar(registered / total, TOTAL_BAR_WIDTH)
  return `  ${bar} ${formatCount(registered)} of ${countOf(total, 'device')}, ${formatCount(rate)}/s`
}
