/**
 * What becomes of a recipient after an attempt: settled, or tried again and when. Pure: the schedule is data, the
 * clock and the dice are arguments.
 */
import type { Guarantee } from './notification.ts'
import type { Outcome, RetrySchedule, Step } from './outcome.ts'

/** What the decision depends on beside the outcome. */
export interface Attempted {
  /** Which attempt this was; 1 for the first. */
  readonly attempt: number
  readonly guarantee: Guarantee
  /** Epoch ms; what can arrive no earlier than this is not tried again. */
  readonly expiresAt: number
  /** Epoch ms. */
  readonly now: number
  /** From 0 to below 1; spreads the retries of a crowd that failed together. */
  readonly random: number
  /** RETRY_BASE_SECONDS: scales every wait but those that a push service names. */
  readonly baseSeconds: number
  /** Why the attempt before this one did not succeed; null for the first. */
  readonly previousReason?: string | null
  /** Epoch ms at which the address was read; a device that registered later is not retired. `now` when left out. */
  readonly addressReadAt?: number
}

/** The waits below are written for this base. */
export const NOMINAL_BASE_SECONDS = 10

/** A wait is stretched by up to this share of itself; never shortened, because the services name least waits. */
const MOST_JITTER = 0.5

/**
 * Seconds to wait after the first attempt, the second, …; after the last one a recipient is given up.
 *
 * `standard`: FCM asks for a first retry no sooner than 10 s and doubling from there, and calls what still fails after
 * 60 minutes an outage or a mistake (scale-fcm): these sum up to 55.
 * `quota`: FCM asks for a minute at least, and APNs for up to 20 until a provider token is allowed again.
 * `apns_server_error`: Apple says 15 minutes. A lone 500 or 503 is one machine being shut down, and a one-time code
 * is worthless by then, so the first retry comes after a minute and the second after five; whatever fails that often
 * is an outage, and gets Apple's 15 minutes.
 */
const WAITS_SECONDS: Readonly<Record<RetrySchedule, readonly number[]>> = {
  standard: [10, 20, 40, 80, 160, 320, 600, 900, 1200],
  quota: [60, 120, 240, 480, 900, 1200],
  apns_server_error: [60, 300, 900, 900, 1800],
}

/** A new connection cures it at once if anything does; the later ones give the old one time to be closed. */
const SUSPECT_WAITS_SECONDS: readonly number[] = [1, 10, 60]

/** The reason of what was sent at most once and may or may not have arrived. */
const UNCONFIRMED = 'unconfirmed'

/** Decides what becomes of the recipient. */
export function nextStep(outcome: Outcome, attempted: Attempted): Step {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'settle', status: 'accepted', reason: null }
    case 'unregistered': {
      const retireAsOfAt = outcome.asOfAt ?? attempted.addressReadAt ?? attempted.now
      return { kind: 'settle', status: 'unregistered', reason: outcome.reason, retireAsOfAt }
    }
    case 'misconfigured':
    case 'refused':
      return fail(outcome.reason)
    case 'renew':
      return retryRenewed(outcome.reason, attempted)
    case 'suspect':
      return retryAfterWait(outcome.reason, SUSPECT_WAITS_SECONDS, attempted)
    case 'later':
      return isInDoubt(outcome, attempted.guarantee) ? fail(UNCONFIRMED) : retryLater(outcome, attempted)
    case 'unanswered':
      return isInDoubt(outcome, attempted.guarantee)
        ? fail(UNCONFIRMED)
        : retryAfterWait(outcome.reason, WAITS_SECONDS.standard, attempted)
  }
}

/**
 * Whether trying again could break `at_most_once`. No answer is not the only doubt: FCM has answered 503 for messages
 * that it delivered (firebase/firebase-admin-node#1248).
 */
export function isInDoubt(outcome: Outcome, guarantee: Guarantee): boolean {
  return guarantee === 'at_most_once' && 'sent' in outcome && outcome.sent === 'maybe'
}

/** At once, and not twice in a row: a new provider token is taken or the credential is wrong. */
function retryRenewed(reason: string, attempted: Attempted): Step {
  if (attempted.previousReason === reason) return fail(reason)
  return retryWithin(reason, WAITS_SECONDS.standard.length, 0, attempted)
}

/** A wait that the service names is kept as it is: it is neither scaled nor spread. */
function retryLater(outcome: Extract<Outcome, { kind: 'later' }>, attempted: Attempted): Step {
  const { reason, schedule, retryAfterSeconds } = outcome
  const waits = WAITS_SECONDS[schedule]
  // Zero, or a date that has passed, names no wait; kept as one, it would use up every attempt within a second.
  if (retryAfterSeconds === undefined || retryAfterSeconds <= 0) return retryAfterWait(reason, waits, attempted)
  return retryWithin(reason, waits.length, retryAfterSeconds * 1000, attempted)
}

function retryAfterWait(reason: string, waitsSeconds: readonly number[], attempted: Attempted): Step {
  const { attempt, random, baseSeconds } = attempted
  const waitSeconds = waitsSeconds[attempt - 1] ?? 0
  const scale = baseSeconds / NOMINAL_BASE_SECONDS
  const waitMs = Math.ceil(waitSeconds * scale * (1 + MOST_JITTER * random) * 1000)
  return retryWithin(reason, waitsSeconds.length, waitMs, attempted)
}

/** Gives up when the retries are used up, and expires what could only be sent too late. */
function retryWithin(reason: string, mostRetries: number, waitMs: number, attempted: Attempted): Step {
  if (attempted.attempt > mostRetries) return fail(reason)
  const retryAt = attempted.now + waitMs
  if (retryAt >= attempted.expiresAt) return { kind: 'settle', status: 'expired', reason }
  return { kind: 'retry', retryAt, reason }
}

function fail(reason: string): Step {
  return { kind: 'settle', status: 'failed', reason }
}
