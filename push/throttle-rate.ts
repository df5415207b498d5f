/**
 * How many pushes a credential may send, and from when: token buckets whose rate is the documented one until the push
 * service says that it is too much, and is then learned (halved at once, grown step by step). Pure; one credential.
 */
import { busySince, campaignShare, slowStartPerSecond } from './throttle-shape.ts'
import { type Bucket, type BucketTerms, draw, fill } from './token-bucket.ts'

/** How long a grant may be used after it was given, in ms. Short: it is a promise that nobody can take back. */
export const GRANT_LIFE_MS = 2_000
/** Seconds' worth that may leave at once. Google names emptying the whole bucket as an anti-pattern (scale-fcm). */
const BURST_SECONDS = 2
/** Seconds' worth that single sends may take ahead of time when a campaign has emptied the bucket. */
const DEBT_SECONDS = 1
/**
 * A bucket that starts full, is overdrawn and whose grants are used late lets this much through in a minute, wherever
 * the minute begins. The rate is that much lower than the quota, so no minute exceeds it; 92 % are left.
 */
const WORST_MINUTE_SECONDS = 60 + BURST_SECONDS + DEBT_SECONDS + GRANT_LIFE_MS / 1000

/** A grant where no rate is known: some seconds of the fastest consumer, so that it asks about once a grant's life. */
const UNPACED_GRANT = 50_000
/** Of what there is, one asker gets at most this share beyond what it needs now, so that the others find some. */
const GRANT_SHARE = 1 / 8

/**
 * A service that names no wait with its 429 means a minute at least (FCM error-codes: "minimum initial delay of 1
 * minute").
 */
const UNNAMED_WAIT_MS = 60_000
/** However long a service asks us to wait, it is asked again after this. */
const LONGEST_WAIT_MS = 60 * 60_000
/** Slower than this a credential is not made by learning; its service can still say how long to wait. */
const SLOWEST_PER_SECOND = 10
/** Many consumers meet the same 429: the rate is halved once for all of them. */
const LEARN_EVERY_MS = 10_000
const LEARN_STEP = 0.05
/** Where no rate is documented, one that has grown to this many times the refused one is forgotten. */
const FORGET_AT = 2
/** Pushes are counted over windows of this length to know what rate was refused. */
const MEASURE_MS = 10_000

/** A ticket that is told to come later is told a time within this; it asks again then. */
const LONGEST_PROMISE_MS = 60_000

export interface RateState {
  /** What everything together may send. */
  readonly all: Bucket
  /** What campaigns may send: the same, less what throttle-shape.ts holds back. */
  readonly campaigns: Bucket
  /** Null: as documented. `goal` is where it grows back to. */
  readonly learned: { readonly perSecond: number; readonly goal: number; readonly changedAt: number } | null
  /** Epoch ms before which nothing is sent: the service said so. */
  readonly waitUntil: number
  readonly busy: { readonly since: number; readonly at: number }
  readonly recoveredAt: number | null
  /** Epoch ms up to which the bucket is promised to tickets that were told to come later. */
  readonly promisedUntil: number
  readonly seen: { readonly startedAt: number; readonly count: number; readonly lastPerSecond: number }
}

/** What a rate depends on beside its state. */
export interface RateTerms {
  /** The documented rate; null: none. */
  readonly messagesPerMinute: number | null
  /** Scales the waits that no service names. */
  readonly scale: number
  /** Epoch ms. */
  readonly now: number
  /** From 0 to below 1. */
  readonly random: number
}

export interface Wanted {
  readonly wanted: number
  /** Sends to users or devices, which nothing but a limit of the service holds back. */
  readonly single: boolean
}

export type Drawn =
  | { readonly kind: 'granted'; readonly rate: RateState; readonly pushes: number }
  | { readonly kind: 'refused'; readonly rate: RateState; readonly resumeAt: number }

export function freshRate(): RateState {
  // As full as it gets: filling caps it.
  const full = { level: Number.MAX_SAFE_INTEGER, filledAt: 0 }
  const never = { since: 0, at: 0 }
  const seen = { startedAt: 0, count: 0, lastPerSecond: 0 }
  return {
    all: full,
    campaigns: full,
    learned: null,
    waitUntil: 0,
    busy: never,
    recoveredAt: null,
    promisedUntil: 0,
    seen,
  }
}

/**
 * Pushes a second that may leave now; null: no limit is known.
 *
 * @param share of the steady rate that may be used, from 0 to 1; a slow start is slow for everybody
 */
export function ratePerSecond({ learned, recoveredAt }: RateState, terms: RateTerms, share = 1): number | null {
  const steady = learned?.perSecond ?? documentedPerSecond(terms)
  const slow = slowStartPerSecond(recoveredAt, terms.now, terms.scale)
  if (steady === null) return slow
  return Math.min(steady * share, slow ?? Number.POSITIVE_INFINITY)
}

/** Grants pushes, or says when to ask again. */
export function drawPushes(before: RateState, { wanted, single }: Wanted, terms: RateTerms): Drawn {
  const { now } = terms
  const busy = single ? before.busy : { since: busySince(before.busy, now), at: now }
  const rate = { ...before, busy }
  const perSecond = ratePerSecond(rate, terms)
  if (perSecond === null) return { kind: 'granted', rate, pushes: Math.max(wanted, UNPACED_GRANT) }
  const all = fill(rate.all, termsOf(perSecond), now)
  const forCampaigns = termsOf(ratePerSecond(rate, terms, campaignShare(busy.since, now)) ?? perSecond)
  const campaigns = single ? rate.campaigns : fill(rate.campaigns, forCampaigns, now)
  const filled = { ...rate, all, campaigns }
  if (single) {
    const pushes = Math.floor(Math.min(wanted, all.level + perSecond * DEBT_SECONDS))
    if (pushes < 1) return { kind: 'refused', rate: filled, resumeAt: now + Math.ceil(1000 / perSecond) }
    return { kind: 'granted', rate: { ...filled, all: draw(all, pushes) }, pushes }
  }
  const available = Math.min(all.level, campaigns.level)
  // A bucket that is smaller than a ticket gives what it holds when it is half full.
  const least = Math.max(1, Math.min(wanted, forCampaigns.capacity / 2))
  if (available < least) return promise(filled, least - available, wanted, forCampaigns.perSecond, terms)
  const pushes = Math.floor(Math.min(available, Math.max(wanted, available * GRANT_SHARE)))
  return {
    kind: 'granted',
    rate: { ...filled, all: draw(all, pushes), campaigns: draw(campaigns, pushes) },
    pushes,
  }
}

/** One after another, each when the bucket will hold enough: they neither come together nor ask in vain. */
function promise(rate: RateState, missing: number, wanted: number, perSecond: number, terms: RateTerms): Drawn {
  const { now, random } = terms
  const latest = now + LONGEST_PROMISE_MS
  const at = Math.max(now + Math.ceil((missing / perSecond) * 1000), rate.promisedUntil)
  const promisedUntil = Math.min(latest, at + Math.ceil((wanted / perSecond) * 1000))
  const resumeAt = at < latest ? at : latest - Math.floor((random * LONGEST_PROMISE_MS) / 2)
  return { kind: 'refused', rate: { ...rate, promisedUntil }, resumeAt }
}

/** The clock was set back by so much: everything that was noted happened that much earlier. */
export function moveRateBack(rate: RateState, byMs: number): RateState {
  const { all, campaigns, learned, waitUntil, busy, recoveredAt, promisedUntil, seen } = rate
  return {
    all: { ...all, filledAt: all.filledAt - byMs },
    campaigns: { ...campaigns, filledAt: campaigns.filledAt - byMs },
    learned: learned && { ...learned, changedAt: learned.changedAt - byMs },
    waitUntil: waitUntil - byMs,
    busy: { since: busy.since - byMs, at: busy.at - byMs },
    recoveredAt: recoveredAt === null ? null : recoveredAt - byMs,
    promisedUntil: promisedUntil - byMs,
    seen: { ...seen, startedAt: seen.startedAt - byMs },
  }
}

/** Gives back what was granted and not used. Filling caps it. */
export function giveBack(rate: RateState, unused: number): RateState {
  return unused > 0 ? { ...rate, all: draw(rate.all, -unused), campaigns: draw(rate.campaigns, -unused) } : rate
}

/** What happened to pushes that left: learns from it. */
export interface RateNews {
  readonly accepted: number
  readonly quota: number
  /** All pushes that left. */
  readonly sent: number
  /** Epoch ms that the service named; null: it named none. */
  readonly retryAt: number | null
}

/** Learns: a 429 halves the rate and empties the buckets, acceptances let it grow back. */
export function learnRate(rate: RateState, news: RateNews, terms: RateTerms): RateState {
  const measured = measure(rate, news.sent, terms.now)
  if (news.quota > 0) return slowDown(measured, news, terms)
  return news.accepted > 0 ? speedUp(measured, terms) : measured
}

function slowDown(rate: RateState, { retryAt }: RateNews, terms: RateTerms): RateState {
  const { now, scale } = terms
  const named = Math.min(retryAt ?? now + UNNAMED_WAIT_MS * scale, now + LONGEST_WAIT_MS)
  const waitUntil = Math.max(rate.waitUntil, named)
  if (now < rate.waitUntil || now - (rate.learned?.changedAt ?? 0) < LEARN_EVERY_MS) return { ...rate, waitUntil }
  const limit = ratePerSecond(rate, terms) ?? Number.POSITIVE_INFINITY
  const refused = Math.max(SLOWEST_PER_SECOND, Math.min(limit, measuredPerSecond(rate, now)))
  const goal = documentedPerSecond(terms) ?? refused
  const perSecond = Math.max(SLOWEST_PER_SECOND, refused / 2)
  const empty = { level: 0, filledAt: Math.max(now, waitUntil) }
  return { ...rate, waitUntil, learned: { perSecond, goal, changedAt: now }, all: empty, campaigns: empty }
}

function speedUp(rate: RateState, terms: RateTerms): RateState {
  const { learned } = rate
  const { now } = terms
  if (learned === null || now < rate.waitUntil || now - learned.changedAt < LEARN_EVERY_MS) return rate
  const perSecond = learned.perSecond + learned.goal * LEARN_STEP
  const most = documentedPerSecond(terms) ?? learned.goal * FORGET_AT
  return { ...rate, learned: perSecond >= most ? null : { ...learned, perSecond, changedAt: now } }
}

function documentedPerSecond({ messagesPerMinute }: RateTerms): number | null {
  return messagesPerMinute === null ? null : messagesPerMinute / WORST_MINUTE_SECONDS
}

function measure(rate: RateState, sent: number, now: number): RateState {
  const { seen } = rate
  if (now - seen.startedAt < MEASURE_MS) return { ...rate, seen: { ...seen, count: seen.count + sent } }
  const lastPerSecond = now - seen.startedAt < 2 * MEASURE_MS ? (seen.count * 1000) / (now - seen.startedAt) : 0
  return { ...rate, seen: { startedAt: now, count: sent, lastPerSecond } }
}

/** The faster of this window and the last one. A window that has just begun counts as a second. */
function measuredPerSecond({ seen }: RateState, now: number): number {
  return Math.max(seen.lastPerSecond, (seen.count * 1000) / Math.max(1000, now - seen.startedAt))
}

function termsOf(perSecond: number): BucketTerms {
  return { perSecond, capacity: perSecond * BURST_SECONDS }
}
