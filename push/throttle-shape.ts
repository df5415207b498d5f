/**
 * How a campaign is spread over time: never all at once after a rest, less around the quarter hours, slowly after an
 * outage. Pure. Google asks senders for all three (firebase.google.com/docs/cloud-messaging/scale-fcm).
 */

const MINUTE_MS = 60_000
const QUARTER_HOUR_MS = 15 * MINUTE_MS

/** "Ramp up over at least 60 seconds" (scale-fcm), from a quarter: a small campaign is over before it notices. */
const RAMP_MS = MINUTE_MS
const RAMP_FROM = 0.25
/** Who has sent nothing for this long starts from rest. */
const REST_MS = 2 * MINUTE_MS

/** The two minutes on either side of :00, :15, :30 and :45 are everybody's favourites (scale-fcm). */
const CROWDED_MS = 2 * MINUTE_MS
/** Half of the rate is left to those who have no choice, such as our own urgent sends. */
const CROWDED_SHARE = 0.5

/** The first pushes after an outage, a second, and how long they take to double. */
const SLOW_START_PER_SECOND = 100
const SLOW_START_DOUBLING_MS = 5_000
/** By then, two minutes after it began, it has reached more than anybody sends. */
const SLOW_START_DOUBLINGS = 10

/** Since when a campaign has been going on without a rest. @param last `since` and `at` of the sending before, epoch ms */
export function busySince(last: { readonly since: number; readonly at: number }, now: number): number {
  return now - last.at > REST_MS ? now : last.since
}

/** The share of the rate that campaigns may use now, above 0 and at most 1. */
export function campaignShare(since: number, now: number): number {
  const ramp = RAMP_FROM + (1 - RAMP_FROM) * Math.min(1, Math.max(0, now - since) / RAMP_MS)
  return isCrowded(now) ? ramp * CROWDED_SHARE : ramp
}

/** Whether an instant is close to a quarter hour. Time zones are whole quarters apart, so UTC tells. */
export function isCrowded(now: number): boolean {
  const past = now % QUARTER_HOUR_MS
  return Math.min(past, QUARTER_HOUR_MS - past) < CROWDED_MS
}

/**
 * Pushes a second that a credential may send while it recovers; null: it has recovered.
 *
 * @param recoveredAt epoch ms at which the breaker closed; null: it never opened
 * @param scale of every wait, see throttle.ts
 */
export function slowStartPerSecond(recoveredAt: number | null, now: number, scale: number): number | null {
  if (recoveredAt === null) return null
  const doublings = Math.max(0, now - recoveredAt) / (SLOW_START_DOUBLING_MS * scale)
  return doublings >= SLOW_START_DOUBLINGS ? null : SLOW_START_PER_SECOND * 2 ** doublings
}
