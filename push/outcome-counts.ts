/**
 * How the pushes of one credential went, counted: what an isolate tells the Throttle. Pure. Whether an outcome speaks
 * about the recipient or about everything that uses the credential is decided here, once.
 */
import type { Guarantee } from './notification.ts'
import type { Outcome } from './outcome.ts'
import { isInDoubt } from './retry.ts'

/** What an outcome says beyond its own recipient. */
export type Blame =
  /** The push service is not well: 5xx, no answer, a proxy in between. */
  | 'outage'
  /** Everything that uses the credential is to slow down. */
  | 'quota'
  /** The tenant's credential or configuration is wrong. */
  | 'misconfigured'
  /** The connection is wrong, or, when it is said of many, the credential. */
  | 'suspect'

export type OutcomeCounts = {
  accepted: number
  unregistered: number
  /** The service answered, and neither it nor the credential is to blame. */
  other: number
  /** The service's last word that blamed itself or the credential. */
  reason: string | null
  /** Epoch ms: the latest instant that the service named for everything that uses the credential. */
  retryAt: number | null
} & Record<Blame, number>

export function emptyOutcomeCounts(): OutcomeCounts {
  const blamed = { outage: 0, quota: 0, misconfigured: 0, suspect: 0, reason: null, retryAt: null }
  return { accepted: 0, unregistered: 0, other: 0, ...blamed }
}

/** Whom an outcome blames; null: nobody but its recipient. */
export function blameOf(outcome: Outcome): Blame | null {
  switch (outcome.kind) {
    case 'later':
      if (outcome.scope === 'device') return null
      return outcome.schedule === 'quota' ? 'quota' : 'outage'
    case 'unanswered':
      // These two are mistakes on our side of the wire: waiting for the service mends neither.
      return outcome.reason === 'build_failed' || outcome.reason === 'host_not_allowed' ? null : 'outage'
    case 'misconfigured':
    case 'suspect':
      return outcome.kind
    default:
      return null
  }
}

/** Adds one outcome that is no acceptance. Acceptances are counted by `accepted++`: this is the hot path's other side. */
export function countOutcome(counts: OutcomeCounts, outcome: Outcome, now: number): void {
  const blame = blameOf(outcome)
  if (blame === null) {
    counts[outcome.kind === 'unregistered' || outcome.kind === 'accepted' ? outcome.kind : 'other']++
    return
  }
  counts[blame]++
  if ('reason' in outcome) counts.reason = inAscii(outcome.reason)
  const seconds = outcome.kind === 'later' ? (outcome.retryAfterSeconds ?? 0) : 0
  if (seconds > 0) counts.retryAt = Math.max(counts.retryAt ?? 0, now + seconds * 1000)
}

/** Counts of two times together. The later reason wins. */
export function sumOf(earlier: OutcomeCounts, later: OutcomeCounts): OutcomeCounts {
  const retryAt = Math.max(earlier.retryAt ?? 0, later.retryAt ?? 0)
  return {
    accepted: earlier.accepted + later.accepted,
    unregistered: earlier.unregistered + later.unregistered,
    other: earlier.other + later.other,
    outage: earlier.outage + later.outage,
    quota: earlier.quota + later.quota,
    misconfigured: earlier.misconfigured + later.misconfigured,
    suspect: earlier.suspect + later.suspect,
    reason: later.reason ?? earlier.reason,
    retryAt: retryAt === 0 ? null : retryAt,
  }
}

/** Answers that prove the service alive and the credential good. */
export function countWorking({ accepted, unregistered, other }: OutcomeCounts): number {
  return accepted + unregistered + other
}

export function countAll(counts: OutcomeCounts): number {
  return countWorking(counts) + counts.outage + counts.quota + counts.misconfigured + counts.suspect
}

/**
 * Whether a recipient may go back to the ledger as if this attempt had not been: while its credential is held, an
 * attempt that the credential or the service is to blame for costs it nothing. Not where it may have been sent and
 * must not be sent twice.
 */
export function mayHandBack(outcome: Outcome, guarantee: Guarantee): boolean {
  return blameOf(outcome) !== null && !isInDoubt(outcome, guarantee)
}

/** Reasons are a service's own words, and travel in a header. */
function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
