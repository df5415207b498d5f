/**
 * What becomes of a webhook's delivery after an attempt: delivered, tried again and when, or given up; and whether the
 * webhook is to be let alone from then on. Pure: the schedule is data, the clock and the dice are arguments.
 */
import { NOMINAL_BASE_SECONDS } from './retry.ts'

/**
 * Why an attempt did not succeed, in our words; `http_<status>` is made of the answer.
 *
 * - `redirected`: a 3xx. Redirects are never followed: they lead to where nobody has checked
 * - `timeout`, `connection_failed`: no answer
 * - `url_not_allowed`: allowed when it was set and not any more
 * - `private_address`, `name_not_resolved`: where the host's name leads, asked just before
 * - `secret_unreadable`: no master key opens it
 * - `unreported`: whoever made the attempt died
 * - `webhook_disabled`, `webhook_deleted`: there was no attempt
 */
export type WebhookFailure =
  | 'redirected'
  | 'timeout'
  | 'connection_failed'
  | 'url_not_allowed'
  | 'private_address'
  | 'name_not_resolved'
  | 'secret_unreadable'
  | 'unreported'
  | 'webhook_disabled'
  | 'webhook_deleted'
  | `http_${number}`

/** How one attempt went. */
export interface WebhookResult {
  /** HTTP status; null: there was no answer. */
  readonly status: number | null
  /** Null: it was taken. */
  readonly error: WebhookFailure | null
  /** What the answer asked for. */
  readonly retryAfterSeconds?: number
}

/** Why Fanfare has stopped using a webhook: it said so (410), or nothing was taken for the length of the schedule. */
export type WebhookDisabledReason = 'gone' | 'failing'

export type WebhookStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly retryAt: number }
  | { readonly kind: 'failed'; readonly disable: WebhookDisabledReason | null }

export interface WebhookTried {
  /** Which attempt this was since the delivery was made or replayed; 1 for the first. */
  readonly attempt: number
  /** Whether the webhook has taken anything since this delivery began. */
  readonly acceptedSince: boolean
  /** Epoch ms. */
  readonly now: number
  /** From 0 to below 1. */
  readonly random: number
  /** RETRY_BASE_SECONDS: scales every wait but those that the receiver names. */
  readonly baseSeconds: number
}

/**
 * Seconds after the first attempt, the second, …: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, as the
 * specification suggests. Three days and four hours in all.
 */
const WAITS_SECONDS: readonly number[] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]

export const WEBHOOK_ATTEMPTS = WAITS_SECONDS.length + 1

/** A wait is stretched by up to this share of itself, so that what failed together does not come back together. */
const MOST_JITTER = 0.2

/** The longest wait that a receiver may name: a day, as the schedule's own longest. */
const MOST_RETRY_AFTER_SECONDS = 86_400

const GONE = 410

/** Decides what becomes of the delivery. */
export function nextWebhookStep(result: WebhookResult, tried: WebhookTried): WebhookStep {
  const { status, error } = result
  if (error === null) return { kind: 'delivered' }
  if (error === 'webhook_disabled' || error === 'webhook_deleted') return { kind: 'failed', disable: null }
  if (status === GONE) return { kind: 'failed', disable: 'gone' }
  if (tried.attempt >= WEBHOOK_ATTEMPTS) return { kind: 'failed', disable: tried.acceptedSince ? null : 'failing' }
  return { kind: 'retry', retryAt: tried.now + waitMs(result, tried) }
}

/** No sooner than the schedule says, nor than the receiver asks. */
function waitMs({ retryAfterSeconds = 0 }: WebhookResult, { attempt, random, baseSeconds }: WebhookTried): number {
  const scale = baseSeconds / NOMINAL_BASE_SECONDS
  const scheduledMs = WAITS_SECONDS[attempt - 1]! * scale * (1 + MOST_JITTER * random) * 1000
  return Math.ceil(Math.max(scheduledMs, Math.min(retryAfterSeconds, MOST_RETRY_AFTER_SECONDS) * 1000))
}

/** What a status means. */
export function readWebhookStatus(status: number): WebhookFailure | null {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirected' : `http_${status}`
}
