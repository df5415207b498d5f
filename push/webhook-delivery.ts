/**
 * The life of one event on its way to one webhook: plain values in, plain values out, `now` an argument.
 *
 *   waiting ──▶ queued ──▶ leased ──▶ delivered
 *      ▲                      ├─────▶ failed ──▶ waiting, when it is replayed
 *      └──────────────────────┘
 *
 * `queued`: its message is in the queue; `leased`: a consumer makes an attempt. Both last a lease's time, then the message
 * was lost or the consumer has died, and it is queued again.
 */
import {
  nextWebhookStep,
  WEBHOOK_ATTEMPTS,
  type WebhookFailure,
  type WebhookResult,
  type WebhookStep,
} from './webhook-retry.ts'

export type WebhookDeliveryState = 'waiting' | 'queued' | 'leased' | 'delivered' | 'failed'

export interface WebhookAttempt {
  /** Epoch ms. */
  readonly at: number
  readonly latencyMs: number
  readonly status: number | null
  readonly error: WebhookFailure | null
}

export interface WebhookDelivery {
  readonly webhookId: string
  readonly id: string
  /** The part of the event's id that does not depend on the time. */
  readonly eventKey: string
  readonly state: WebhookDeliveryState
  /** Attempts begun since it was made or replayed. */
  readonly tries: number
  /** Epoch ms: when it may be taken next; null: it is over. */
  readonly nextAt: number | null
  readonly leaseId: string | null
  readonly createdAt: number
  /** When it was made or replayed last. */
  readonly startedAt: number
  readonly settledAt: number | null
  /** The last {@link KEPT_ATTEMPTS}, in order. */
  readonly attempts: readonly WebhookAttempt[]
}

/** Two runs through the schedule. */
const KEPT_ATTEMPTS = 2 * WEBHOOK_ATTEMPTS

/** The chances of one attempt, as {@link nextWebhookStep} takes them. */
export interface WebhookTerms {
  readonly now: number
  readonly random: number
  readonly baseSeconds: number
  readonly acceptedSince: boolean
}

/** A delivery as it begins. */
export function beginWebhookDelivery(
  place: Pick<WebhookDelivery, 'webhookId' | 'id' | 'eventKey'>,
  now: number,
): WebhookDelivery {
  const over = { leaseId: null, settledAt: null }
  return { ...place, ...over, state: 'waiting', tries: 0, nextAt: now, createdAt: now, startedAt: now, attempts: [] }
}

/** Its message is put into the queue. That a consumer had it and died is an attempt too. */
export function queueWebhookDelivery(delivery: WebhookDelivery, now: number, leaseMs: number): WebhookDelivery {
  return { ...enterDeath(delivery, leaseMs), state: 'queued', leaseId: null, nextAt: now + leaseMs }
}

/** What a consumer gets that wants to make an attempt. */
export type WebhookLeasing =
  | { readonly kind: 'leased'; readonly delivery: WebhookDelivery }
  /** Its consumers died until no attempt was left. */
  | { readonly kind: 'given_up'; readonly delivery: WebhookDelivery }
  /** It is over, waits for a retry, or another consumer has it. */
  | { readonly kind: 'nothing' }

/** Hands a delivery to a consumer, or gives it up. */
export function leaseWebhookDelivery(
  delivery: WebhookDelivery,
  leaseId: string,
  now: number,
  leaseMs: number,
): WebhookLeasing {
  const { state, nextAt } = delivery
  if (nextAt === null || (state !== 'queued' && nextAt > now)) return { kind: 'nothing' }
  const known = enterDeath(delivery, leaseMs)
  if (known.tries >= WEBHOOK_ATTEMPTS) {
    return { kind: 'given_up', delivery: { ...known, state: 'failed', leaseId: null, nextAt: null, settledAt: now } }
  }
  const leased = { state: 'leased', leaseId, tries: known.tries + 1, nextAt: now + leaseMs } as const
  return { kind: 'leased', delivery: { ...known, ...leased } }
}

/** Of a lease that ran out, nobody reported. */
function enterDeath(delivery: WebhookDelivery, leaseMs: number): WebhookDelivery {
  if (delivery.state !== 'leased' || delivery.nextAt === null) return delivery
  const attempt = { at: delivery.nextAt - leaseMs, latencyMs: leaseMs, status: null, error: 'unreported' } as const
  return { ...delivery, attempts: keptOf([...delivery.attempts, attempt]) }
}

function keptOf(attempts: readonly WebhookAttempt[]): readonly WebhookAttempt[] {
  return attempts.slice(-KEPT_ATTEMPTS)
}

/** Enters an attempt. The webhook may have to be disabled: the step says so. */
export function settleWebhookDelivery(
  delivery: WebhookDelivery,
  result: WebhookResult & Pick<WebhookAttempt, 'at' | 'latencyMs'>,
  terms: WebhookTerms,
): { readonly delivery: WebhookDelivery; readonly step: WebhookStep } {
  const { at, latencyMs, status, error } = result
  const attempts = keptOf([...delivery.attempts, { at, latencyMs, status, error }])
  const step = nextWebhookStep(result, { ...terms, attempt: delivery.tries })
  const entered = { ...delivery, attempts, leaseId: null }
  if (step.kind === 'retry') return { delivery: { ...entered, state: 'waiting', nextAt: step.retryAt }, step }
  return { delivery: { ...entered, state: step.kind, nextAt: null, settledAt: terms.now }, step }
}

/** From the beginning again, at once. What is under way goes on as it is. */
export function replayWebhookDelivery(delivery: WebhookDelivery, now: number): WebhookDelivery {
  if (delivery.nextAt !== null) return delivery
  return { ...delivery, state: 'waiting', tries: 0, nextAt: now, startedAt: now, settledAt: null }
}
