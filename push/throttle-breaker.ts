/**
 * Whether a credential may be used at all. Opens when its push service is down (`outage`) or when the tenant's
 * credential is wrong (`misconfigured`: that is what is shown as "paused"), waits longer each time, lets a few pushes
 * through to see, closes when they get through. Pure; one credential.
 *
 *   closed ──▶ open ──▶ probing ──▶ closed
 *                ▲─────────┘
 */
import { countAll, countWorking, emptyOutcomeCounts, type OutcomeCounts, sumOf } from './outcome-counts.ts'

export type BreakerCause = 'outage' | 'misconfigured'

export type BreakerState =
  | {
      readonly kind: 'closed'
      readonly window: Window
      readonly lastWindow: Window
      /** Epoch ms at which something last worked; 0: never, as far as is known. */
      readonly workedAt: number
      /** Answers since then that called the credential wrong. */
      readonly blamed: number
    }
  | {
      readonly kind: 'open'
      readonly cause: BreakerCause
      /** The push service's own word, or ours. */
      readonly reason: string
      /** Epoch ms at which it opened; probes that fail do not change it. */
      readonly since: number
      /** Probes that failed. */
      readonly failures: number
      /** Epoch ms from which a probe may leave. */
      readonly probeAt: number
      /** Pushes of the probe that is under way. */
      readonly probed: number
      /** Epoch ms after which a probe that was not reported is given up. */
      readonly probedUntil: number
    }

type Open = Extract<BreakerState, { kind: 'open' }>
type Closed = Extract<BreakerState, { kind: 'closed' }>

interface Window {
  readonly startedAt: number
  readonly counts: OutcomeCounts
}

/** What a decision depends on beside the state. */
export interface BreakerTerms {
  /** Scales every wait. */
  readonly scale: number
  readonly now: number
  readonly random: number
}

/** Counts of this window and of the one before speak: what is older says nothing about now. */
const WINDOW_MS = 10_000

/** Fewer answers than this are chance, and have the schedule of push/retry.ts. */
const LEAST_FOR_OUTAGE = 20
const OUTAGE_SHARE = 0.5
/** What worked within a day is not called wrong for one odd recipient, as long as nobody else is sent to. */
const WORKED_FOR_MS = 24 * 60 * 60 * 1000
const LEAST_AFTER_WORKING = 3
/** Among answers that work, a wrong credential has to be said this often: one odd bundle id is one recipient's. */
const LEAST_AMONG_WORKING = 20

/**
 * Waits before each probe, in ms. An outage of seconds is over with the first; FCM asks for 10 s and doubling
 * (scale-fcm).
 */
const WAITS_MS = [5_000, 10_000, 20_000, 40_000, 60_000]
/** What has lasted long is not over within the minute: later waits are this share of its age … */
const WAIT_SHARE_OF_AGE = 0.05
/** … up to a quarter of an hour, which is also what Apple asks of a server that is down. */
const LONGEST_WAIT_MS = 15 * 60_000
/** Waits are stretched by up to this share of themselves, so that those who were sent away do not return together. */
const SPREAD = 0.5

/** A probe of more would be traffic. */
const PROBE_PUSHES = 10
/** A campaign takes no more, so that there is a place for a single send that comes while the probe is out. */
const CAMPAIGN_PROBE_PUSHES = 5
/** A single send may be the probe this early in the wait, and after a minute in any case: somebody waits for it. */
const SINGLE_PROBES_AT = 0.75
const LONGEST_SINGLE_WAIT_MS = 60_000
/** Longer than a push may take to be answered. */
const PROBE_PATIENCE_MS = 30_000

const NOTHING: Window = { startedAt: 0, counts: emptyOutcomeCounts() }
/** Nothing is known yet. */
export const CLOSED: Closed = { kind: 'closed', window: NOTHING, lastWindow: NOTHING, workedAt: 0, blamed: 0 }

/**
 * What is to be believed after these outcomes.
 *
 * @param unable no push of a whole ticket could even be prepared: that is no chance
 */
export function enterOutcomes(
  breaker: BreakerState,
  counts: OutcomeCounts,
  unable: boolean,
  terms: BreakerTerms,
): BreakerState {
  if (countAll(counts) === 0) return breaker
  if (breaker.kind === 'open') return enterProbe(breaker, counts, unable, terms)
  const closed = intoWindow(breaker, counts, terms.now)
  const recent = sumOf(closed.window.counts, closed.lastWindow.counts)
  const isTrusted = terms.now - closed.workedAt < WORKED_FOR_MS && closed.blamed < LEAST_AFTER_WORKING
  const cause = unable ? causeOf(counts) : judge(recent, isTrusted)
  if (cause === null) return closed
  return openFor(cause, counts.reason ?? cause, { since: terms.now, failures: 0 }, terms)
}

/**
 * What speaks against a closed breaker; null: nothing. The table is in the tests.
 *
 * @param isTrusted the credential worked not long ago, and little has been said against it since
 */
export function judge(recent: OutcomeCounts, isTrusted: boolean): BreakerCause | null {
  const working = countWorking(recent)
  const blaming = recent.misconfigured + recent.suspect
  if (recent.misconfigured > 0 && working === 0 && !isTrusted) return 'misconfigured'
  if (blaming >= LEAST_AMONG_WORKING && blaming > working) return 'misconfigured'
  const all = working + recent.outage
  return all >= LEAST_FOR_OUTAGE && recent.outage >= all * OUTAGE_SHARE ? 'outage' : null
}

/** A probe that was let through and has not left, because there was nobody to send it to: another one may. */
export function giveProbeBack(breaker: BreakerState, unused: number): BreakerState {
  if (breaker.kind === 'closed' || unused === 0) return breaker
  return { ...breaker, probed: Math.max(0, breaker.probed - unused) }
}

/** The clock was set back by so much: everything that was noted happened that much earlier. */
export function moveBreakerBack(breaker: BreakerState, byMs: number): BreakerState {
  if (breaker.kind === 'open') {
    const { since, probeAt, probedUntil } = breaker
    return { ...breaker, since: since - byMs, probeAt: probeAt - byMs, probedUntil: probedUntil - byMs }
  }
  const { window, lastWindow, workedAt } = breaker
  return {
    ...breaker,
    window: { ...window, startedAt: window.startedAt - byMs },
    lastWindow: { ...lastWindow, startedAt: lastWindow.startedAt - byMs },
    workedAt: workedAt - byMs,
  }
}

export type Passage =
  | { readonly kind: 'free' }
  | { readonly kind: 'probe'; readonly breaker: BreakerState; readonly pushes: number }
  | { readonly kind: 'held'; readonly resumeAt: number }

/** Whether somebody who wants to send may. @param single a send to users or devices */
export function askPassage(breaker: BreakerState, wanted: number, single: boolean, terms: BreakerTerms): Passage {
  if (breaker.kind === 'closed') return { kind: 'free' }
  const { now } = terms
  const wait = waitOf(breaker, terms)
  const { probeAt } = breaker
  const earlier = wait - Math.min(wait * SINGLE_PROBES_AT, LONGEST_SINGLE_WAIT_MS * terms.scale)
  const opensAt = single ? probeAt - earlier : probeAt
  const probed = now >= breaker.probedUntil ? 0 : breaker.probed
  const most = (single ? PROBE_PUSHES : CAMPAIGN_PROBE_PUSHES) - probed
  if (now < opensAt || most <= 0 || wanted === 0) {
    const from = Math.max(probeAt, now + (probed > 0 ? WAITS_MS[0]! * terms.scale : 0))
    return { kind: 'held', resumeAt: Math.ceil(from + wait * SPREAD * terms.random) }
  }
  const pushes = Math.min(wanted, most)
  const probing = { ...breaker, probed: probed + pushes, probedUntil: now + PROBE_PATIENCE_MS }
  return { kind: 'probe', breaker: probing, pushes }
}

/** A probe that got through closes, whatever the recipient's fate was; one that did not lengthens the wait. */
function enterProbe(breaker: Open, counts: OutcomeCounts, unable: boolean, terms: BreakerTerms): BreakerState {
  const alive = countWorking(counts) + counts.quota
  const cause = causeOf(counts)
  if (!unable && alive > 0 && alive >= counts.outage + counts.misconfigured + counts.suspect) {
    return intoWindow(CLOSED, counts, terms.now)
  }
  if (cause === null) return breaker
  const { since, failures } = breaker
  const history = cause === breaker.cause ? { since, failures: failures + 1 } : { since: terms.now, failures: 0 }
  return openFor(cause, counts.reason ?? breaker.reason, history, terms)
}

function openFor(
  cause: BreakerCause,
  reason: string,
  { since, failures }: { readonly since: number; readonly failures: number },
  terms: BreakerTerms,
): Open {
  const closedProbe = { probeAt: 0, probed: 0, probedUntil: 0 }
  const open = { kind: 'open', cause, reason, since, failures, ...closedProbe } as const
  return { ...open, probeAt: terms.now + waitOf(open, terms) }
}

function waitOf({ failures, since }: Open, { scale, now }: BreakerTerms): number {
  const first = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]!
  const byAge = Math.min(((now - since) / scale) * WAIT_SHARE_OF_AGE, LONGEST_WAIT_MS)
  return Math.ceil(Math.max(first, byAge) * scale)
}

/** What counts blame most; null: nothing that opens a breaker. */
function causeOf({ outage, misconfigured, suspect }: OutcomeCounts): BreakerCause | null {
  if (outage + misconfigured + suspect === 0) return null
  return outage > misconfigured + suspect ? 'outage' : 'misconfigured'
}

function intoWindow(closed: Closed, counts: OutcomeCounts, now: number): Closed {
  const { window, lastWindow } = closed
  const works = countWorking(counts) > 0
  const workedAt = works ? now : closed.workedAt
  const blamed = works ? 0 : closed.blamed + counts.misconfigured
  const age = now - window.startedAt
  if (age < WINDOW_MS) {
    const grown = { ...window, counts: sumOf(window.counts, counts) }
    return { kind: 'closed', window: grown, lastWindow, workedAt, blamed }
  }
  const before = age < 2 * WINDOW_MS ? window : NOTHING
  return { kind: 'closed', window: { startedAt: now, counts }, lastWindow: before, workedAt, blamed }
}
