/**
 * Whether the demo's send is accounted for: the ledger must balance with nothing pending, and the simulators, which
 * share no code with the platform, must have as many arrivals as the ledger calls accepted. Pure.
 */
import { PLATFORMS, type Platform } from '../../push/device.ts'
import { balances, emptyCounts, type LedgerCounts } from '../../push/ledger.ts'
import { SETTLED_STATUSES } from '../../push/outcome.ts'
import type { Fate } from './mix.ts'
import { countOf, formatCount, formatSeconds, PLATFORM_NAMES } from './names.ts'
import { retriesOf } from './progress.ts'
import type { Snapshot } from './send.ts'

export interface Verdict {
  readonly ok: boolean
  /** What a person should know, in order. */
  readonly sentences: string[]
}

export function judge(snapshot: Snapshot, devices: number, mix: Record<Platform, Record<Fate, number>>): Verdict {
  const { counts } = snapshot.ledger
  const mistakes = [...ledgerMistakes(snapshot, devices), ...inboxMistakes(snapshot)]
  const outcome = [describeSend(snapshot), ...describeTrouble(snapshot), compareWithScript(counts, mix)]
  if (mistakes.length > 0) return { ok: false, sentences: [...outcome, ...mistakes] }
  return { ok: true, sentences: [...outcome, describeBalance(counts), describeAgreement(snapshot)] }
}

function ledgerMistakes({ ledger }: Snapshot, devices: number): string[] {
  const { counts, by_platform: byPlatform } = ledger
  const mistakes: string[] = []
  const rows: [string, LedgerCounts][] = [
    ['The ledger', counts],
    ...PLATFORMS.map((platform): [string, LedgerCounts] => [
      `The ledger of ${PLATFORM_NAMES[platform]}`,
      byPlatform[platform] ?? emptyCounts(),
    ]),
  ]
  for (const [name, row] of rows) if (!balances(row)) mistakes.push(`${name} does NOT balance: ${sumText(row)}.`)
  if (counts.pending > 0) mistakes.push(`NOT accounted for yet: ${countOf(counts.pending, 'delivery', 'deliveries')}.`)
  if (counts.targeted !== devices) {
    mistakes.push(
      `The send targeted ${formatCount(counts.targeted)}, NOT the ${countOf(devices, 'device')} registered.`,
    )
  }
  return mistakes
}

function inboxMistakes({ ledger, inbox }: Snapshot): string[] {
  return PLATFORMS.flatMap((platform) => {
    const accepted = ledger.by_platform[platform]?.accepted ?? 0
    // At least once: what arrived twice has still reached one device.
    const arrived = inbox[platform].accepted - inbox[platform].duplicates
    if (arrived === accepted) return []
    const name = PLATFORM_NAMES[platform]
    return [
      `The ${name} inboxes do NOT agree: ${formatCount(arrived)} arrived, the ledger says ${formatCount(accepted)}.`,
    ]
  })
}

function describeSend({ ledger, elapsedMs }: Snapshot): string {
  const { targeted, accepted } = ledger.counts
  const rate = formatCount((targeted * 1000) / elapsedMs)
  return `One request reached ${countOf(targeted, 'device')} in ${formatSeconds(elapsedMs)} (${rate}/s); the push services accepted ${countOf(accepted, 'push', 'pushes')}.`
}

function describeTrouble({ ledger, inbox }: Snapshot): string[] {
  const { unregistered, failed, expired, suppressed, canceled } = ledger.counts
  const retries = PLATFORMS.reduce((sum, platform) => sum + retriesOf(inbox[platform]), 0)
  const others = expired + suppressed + canceled
  return [
    unregistered > 0 && `${countOf(unregistered, 'device')} turned out to be gone and will not be targeted again.`,
    retries > 0 && `${countOf(retries, 'attempt')} got "not now" for an answer and led to another one.`,
    failed > 0 && `${countOf(failed, 'push', 'pushes')} failed for good; each has its reason in the ledger.`,
    others > 0 && `Not sent because expired, suppressed or canceled: ${formatCount(others)}.`,
  ].filter((sentence) => sentence !== false)
}

/** The simulators were told who is dead and whom to refuse; that the ledger found out is no coincidence. */
function compareWithScript(counts: LedgerCounts, mix: Record<Platform, Record<Fate, number>>): string {
  const scripted = (fate: Fate) => PLATFORMS.reduce((sum, platform) => sum + mix[platform][fate], 0)
  const [dead, broken] = [scripted('dead'), scripted('broken')]
  if (dead === counts.unregistered && broken === counts.failed) {
    return 'That is what the simulators were told to do, device by device.'
  }
  return `The simulators were told that ${formatCount(dead)} are gone and ${formatCount(broken)} are to be refused.`
}

function describeBalance(counts: LedgerCounts): string {
  return `The ledger balances: ${sumText(counts)}.`
}

function describeAgreement({ inbox }: Snapshot): string {
  const duplicates = PLATFORMS.reduce((sum, platform) => sum + inbox[platform].duplicates, 0)
  const arrivals = PLATFORMS.map((platform) => `${PLATFORM_NAMES[platform]} ${formatCount(inbox[platform].accepted)}`)
  const twice = duplicates === 0 ? 'none of them twice' : `${formatCount(duplicates)} of them twice`
  return `The simulators' inboxes agree with it: ${arrivals.join(', ')}, ${twice}.`
}

function sumText(counts: LedgerCounts): string {
  const parts = (['pending', ...SETTLED_STATUSES] as const).filter(
    (status) => status === 'pending' || counts[status] > 0,
  )
  return `${formatCount(counts.targeted)} targeted = ${parts.map((status) => `${formatCount(counts[status])} ${status}`).join(' + ')}`
}
