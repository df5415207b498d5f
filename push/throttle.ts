/**
 * The pace of one push-service credential for the whole fleet: plain value in, plain value out. Consumers report how
 * their pushes went and ask for more; the answer is a grant, or that they are held and until when. What decides is in
 * throttle-breaker.ts (may it be used at all), throttle-rate.ts (how fast) and throttle-dead-rate.ts (how many deaths
 * are normal); here is only how the three are asked. Pure: the clock and the dice are arguments.
 */
import { countAll, type OutcomeCounts } from './outcome-counts.ts'
import {
  askPassage,
  type BreakerCause,
  type BreakerState,
  CLOSED,
  enterOutcomes,
  giveProbeBack,
  moveBreakerBack,
} from './throttle-breaker.ts'
import { type DeadRateState, enterDeaths, isAbnormal, moveDeathsBack, UNKNOWN_DEAD_RATE } from './throttle-dead-rate.ts'
import {
  drawPushes,
  freshRate,
  GRANT_LIFE_MS,
  giveBack,
  learnRate,
  moveRateBack,
  type RateState,
} from './throttle-rate.ts'

export interface ThrottleState {
  readonly breaker: BreakerState
  readonly rate: RateState
  readonly deadRate: DeadRateState
  /** Grows whenever the breaker moves: what was sent under an earlier one says nothing about this one. */
  readonly epoch: number
  /** Version of the credential that replaced the one before; what was sent with an older one counts for nothing. */
  readonly version: number
  /** Epoch ms at which somebody asked last: when it is later than that, the clock was set back. */
  readonly askedAt: number
}

/** What a consumer has seen since it last told. */
export interface ThrottleReport {
  readonly counts: OutcomeCounts
  /** Of the answer under which these were sent. */
  readonly epoch: number
  /** Pushes of the last grant that were not sent. */
  readonly unused: number
  /** Version of the credential that they were sent with; null: not known, because there was none to send with. */
  readonly version: number | null
  /** No push of a ticket could even be prepared. */
  readonly unable: boolean
}

export interface ThrottleAsk {
  /** Pushes that wait to be sent; 0: only reporting. */
  readonly wanted: number
  /** Sends to users or devices, which nothing but the breaker and the service's own limits hold back. */
  readonly single: boolean
  /** Null: nothing has happened. */
  readonly report: ThrottleReport | null
}

/** Why a credential is held. */
export type HoldCause =
  | BreakerCause
  /** The service said 429 to everything that uses it. */
  | 'quota'
  /** There is a rate, and others use it up at the moment. */
  | 'pace'

export type ThrottleAnswer = {
  readonly epoch: number
  readonly version: number
  /** Devices that are called dead now are to be quarantined, not retired. */
  readonly quarantine: boolean
} & (
  | {
      readonly kind: 'go'
      readonly pushes: number
      /** How long the grant may be used, in ms from now. */
      readonly lifeMs: number
      /** These few decide whether more may follow: their outcomes are awaited. */
      readonly probe: boolean
    }
  | {
      readonly kind: 'hold'
      readonly cause: HoldCause
      readonly reason: string
      /** Epoch ms at which to ask again. */
      readonly resumeAt: number
    }
)

/** What every decision depends on beside the state. */
export interface ThrottleTerms {
  /** The rate that the service documents; null: none. */
  readonly messagesPerMinute: number | null
  /** Scales every wait that no service names: RETRY_BASE_SECONDS over its nominal value. */
  readonly scale: number
  /** Epoch ms. */
  readonly now: number
  /** From 0 to below 1. */
  readonly random: number
}

/** A credential that was never used, or was just replaced. */
export function freshThrottle(version = 0, epoch = 0): ThrottleState {
  return { breaker: CLOSED, rate: freshRate(), deadRate: UNKNOWN_DEAD_RATE, epoch, version, askedAt: 0 }
}

/** The credential was replaced: what was learned was learned about the other one. */
export function resetThrottle({ epoch }: ThrottleState, version: number): ThrottleState {
  return freshThrottle(version, epoch + 1)
}

/** Enters what the asker has seen and decides what it may send. */
export function askThrottle(
  before: ThrottleState,
  ask: ThrottleAsk,
  terms: ThrottleTerms,
): { readonly state: ThrottleState; readonly answer: ThrottleAnswer } {
  const current = { ...followClock(before, terms.now), askedAt: terms.now }
  const state = ask.report === null ? current : enterReport(current, ask.report, terms)
  const { breaker, rate, epoch, version } = state
  const common = { epoch, version, quarantine: isAbnormal(state.deadRate, terms.now) }
  const passage = askPassage(breaker, ask.wanted, ask.single, terms)
  if (passage.kind === 'held' && breaker.kind === 'open') {
    const { cause, reason } = breaker
    return { state, answer: { ...common, kind: 'hold', cause, reason, resumeAt: passage.resumeAt } }
  }
  if (passage.kind === 'probe') {
    const answer = { ...common, kind: 'go', pushes: passage.pushes, lifeMs: GRANT_LIFE_MS, probe: true } as const
    return { state: { ...state, breaker: passage.breaker }, answer }
  }
  if (rate.waitUntil > terms.now) {
    const resumeAt = spreadOver(rate.waitUntil, terms)
    return { state, answer: { ...common, kind: 'hold', cause: 'quota', reason: 'rate_limited', resumeAt } }
  }
  if (ask.wanted === 0) return { state, answer: { ...common, kind: 'go', pushes: 0, lifeMs: 0, probe: false } }
  const drawn = drawPushes(rate, ask, terms)
  const next = { ...state, rate: drawn.rate }
  if (drawn.kind === 'refused') {
    const { resumeAt } = drawn
    return { state: next, answer: { ...common, kind: 'hold', cause: 'pace', reason: 'paced', resumeAt } }
  }
  const { pushes } = drawn
  return { state: next, answer: { ...common, kind: 'go', pushes, lifeMs: GRANT_LIFE_MS, probe: false } }
}

/**
 * Nothing was noted in the future: if it seems so, the clock was set back, and nobody shall wait for the time that comes
 * again.
 */
function followClock(state: ThrottleState, now: number): ThrottleState {
  const byMs = state.askedAt - now
  if (byMs <= 0) return state
  return {
    ...state,
    breaker: moveBreakerBack(state.breaker, byMs),
    rate: moveRateBack(state.rate, byMs),
    deadRate: moveDeathsBack(state.deadRate, byMs),
  }
}

/** A part of a minute after a wait that everybody was told. */
const SPREAD_MS = 10_000

function spreadOver(at: number, { random, scale }: ThrottleTerms): number {
  return Math.ceil(at + random * SPREAD_MS * scale)
}

function enterReport(state: ThrottleState, report: ThrottleReport, terms: ThrottleTerms): ThrottleState {
  const { counts, unused } = report
  // Sent with a credential that has been replaced since: neither its deaths nor its refusals are the new one's.
  if (report.version !== null && report.version < state.version) return state
  const { accepted, unregistered, quota, retryAt } = counts
  const news = { accepted, quota, retryAt: quota > 0 ? retryAt : null, sent: countAll(counts) }
  const rate = learnRate(giveBack(state.rate, unused), news, terms)
  const deadRate = enterDeaths(state.deadRate, accepted, unregistered, terms.now)
  if (report.epoch !== state.epoch) return { ...state, rate, deadRate }
  const breaker = enterOutcomes(giveProbeBack(state.breaker, unused), counts, report.unable, terms)
  return moveBreaker({ ...state, rate, deadRate }, breaker, terms)
}

/** Every move of the breaker begins an epoch, and a recovery begins slowly. */
function moveBreaker(state: ThrottleState, breaker: BreakerState, { now }: ThrottleTerms): ThrottleState {
  const before = state.breaker
  const moved =
    breaker.kind !== before.kind ||
    (breaker.kind === 'open' && before.kind === 'open' && breaker.probeAt !== before.probeAt)
  if (!moved) return { ...state, breaker }
  const rate = breaker.kind === 'closed' ? { ...state.rate, recoveredAt: now } : state.rate
  return { ...state, breaker, rate, epoch: state.epoch + 1 }
}

/** What an operator may see of it. */
export interface ThrottleView {
  /** Null: the credential may be used. Times in epoch ms. */
  readonly held: { readonly cause: BreakerCause; readonly reason: string; readonly since: number } | null
  readonly quarantine: boolean
}

/** @param now epoch ms */
export function viewThrottle({ breaker, deadRate }: ThrottleState, now: number): ThrottleView {
  const held = breaker.kind === 'open' ? { cause: breaker.cause, reason: breaker.reason, since: breaker.since } : null
  return { held, quarantine: isAbnormal(deadRate, now) }
}

/** Whether two states differ in more than that somebody asked: only then is there anything to store. */
export function hasNews(stored: ThrottleState, { breaker, rate, deadRate, epoch, version }: ThrottleState): boolean {
  const isSame = stored.breaker === breaker && stored.rate === rate && stored.deadRate === deadRate
  return !isSame || stored.epoch !== epoch || stored.version !== version
}

/**
 * Whether a state has to be stored at once. What is only counted may be as old as some seconds: after a restart it is
 * counted again.
 *
 * @param stored what is in storage
 */
export function mustStore(stored: ThrottleState, { epoch, version, rate, deadRate }: ThrottleState): boolean {
  if (stored.epoch !== epoch || stored.version !== version || stored.deadRate.abnormal !== deadRate.abnormal)
    return true
  return stored.rate.waitUntil !== rate.waitUntil || stored.rate.learned !== rate.learned
}
