/**
 * The closed vocabulary between the transports, the providers and the ledger. Types only.
 *
 * A transport carries a {@link PushRequest} and comes back with an {@link Answer}. A provider's `readOutcome`
 * turns the answer into an {@link Outcome}. `nextStep` (retry.ts) turns the outcome into a {@link Step}.
 */

/** One HTTP exchange to be made, fully built. */
export interface PushRequest {
  /** Absolute. The method is always POST. */
  readonly url: string
  /** Headers that many requests of a ticket have in common: the same object for each, so it can travel once. */
  readonly sharedHeaders: Readonly<Record<string, string>>
  /** Headers of this request alone (`apns-id`), or null. Names are lower-case in both. */
  readonly ownHeaders: Readonly<Record<string, string>> | null
  /** UTF-8 text, or bytes for an encrypted Web Push. Requests with equal bodies share one string. */
  readonly body: string | Uint8Array
}

/** What came back for one request. */
export type Answer =
  | {
      readonly kind: 'response'
      readonly status: number
      /** Lower-case names. For 2xx a transport may leave out everything. */
      readonly headers: Readonly<Record<string, string>>
      /** At most {@link MAX_ANSWER_BYTES}; '' for 2xx when the transport leaves it out. */
      readonly body: string
    }
  | {
      readonly kind: 'no_answer'
      /** `no`: the push service certainly did not process it (never connected, REFUSED_STREAM, GOAWAY below us). */
      readonly sent: 'no' | 'maybe'
      readonly reason: NoAnswerReason
    }

export type NoAnswerReason =
  | 'connect_failed'
  | 'timeout'
  | 'connection_lost'
  | 'stream_reset'
  | 'goaway'
  | 'egress_lost'
  /** The egress was not told to talk to this host. */
  | 'host_not_allowed'
  /** Our mistake: building the request failed, nobody has seen it. */
  | 'build_failed'

/** Longest part of an error body that is read. Vendors' errors are well under it; HTML pages are cut. */
export const MAX_ANSWER_BYTES = 4096

/** How the push service answered an attempt, in our words. `reason` is the service's own word, or snake_case of ours. */
export type Outcome =
  | { readonly kind: 'accepted' }
  /**
   * The address is dead; retire it unless the device registered later than `asOfAt` (epoch ms; undefined: time of the
   * attempt).
   */
  | { readonly kind: 'unregistered'; readonly reason: string; readonly asOfAt?: number }
  /** Try again. `scope`: slow down this device only, or everything that uses the credential. */
  | {
      readonly kind: 'later'
      readonly reason: string
      readonly scope: 'device' | 'credential'
      readonly schedule: RetrySchedule
      /** Named by the service; kept exactly. */
      readonly retryAfterSeconds?: number
      /** `maybe`: it failed, and may have passed the push on before it did. Absent: it refused beforehand. */
      readonly sent?: 'maybe'
    }
  /** The provider token was refused as too old or unknown: mint a new one, try once more. */
  | { readonly kind: 'renew'; readonly reason: string }
  /** The connection, not the credential, is suspect (APNs binds connections to teams): bounded retry. */
  | { readonly kind: 'suspect'; readonly reason: string }
  /** The tenant's credential or configuration is wrong; fails, and is shown to the operator. */
  | { readonly kind: 'misconfigured'; readonly reason: string }
  /** The request is wrong (the sender's mistake or our bug). Never retried, never retires the address. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No answer: decided by the guarantee of the send. */
  | { readonly kind: 'unanswered'; readonly reason: string; readonly sent: 'no' | 'maybe' }

/**
 * Which waits apply. `standard`: base, doubling. `quota`: never under a minute. `apns_server_error`: Apple asks for 15
 * minutes.
 */
export type RetrySchedule = 'standard' | 'quota' | 'apns_server_error'

/** The words of the ledger for a recipient that is settled. */
export const SETTLED_STATUSES = ['accepted', 'unregistered', 'failed', 'suppressed', 'expired', 'canceled'] as const
export type SettledStatus = (typeof SETTLED_STATUSES)[number]
export type DeliveryStatus = SettledStatus | 'pending'

/** What becomes of a recipient after an attempt. */
export type Step =
  | {
      readonly kind: 'settle'
      readonly status: SettledStatus
      readonly reason: string | null
      /** Epoch ms: retire the device unless it registered later than this. */
      readonly retireAsOfAt?: number
    }
  | { readonly kind: 'retry'; readonly retryAt: number; readonly reason: string }
