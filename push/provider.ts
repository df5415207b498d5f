/**
 * What a provider is: two pure functions around an HTTP exchange. A provider never does I/O, never decides
 * storage and never sees a clock: it says what to send and what an answer means.
 */
import type { Address, Platform } from './device.ts'
import type { Message } from './notification.ts'
import type { Answer, Outcome, PushRequest } from './outcome.ts'

/** What a device tells pushes apart by. */
export interface PushIdentity {
  /** `fanfare_id`. */
  readonly pushId: string
  /** `fanfare_seq`; null: not ordered. */
  readonly pushSequence: number | null
}

/** What all requests of a ticket have in common. */
export interface TicketContext extends PushIdentity {
  readonly message: Message
  /** Epoch ms after which the push service should not deliver any more; same for every attempt. */
  readonly expiresAt: number
  /** Epoch ms; for TTLs that are relative. */
  readonly now: number
}

/** What a push carries for its device alone, beside what it has in common with its ticket: see own-marks.ts. */
export interface OwnMarks {
  readonly fanfare_sig: string
  readonly fanfare_unsubscribe?: string
}

/** A recipient as a provider sees it. */
export interface PushTarget {
  readonly deviceId: string
  readonly address: Address
  /** Absent: the app does not sign. */
  readonly ownMarks?: OwnMarks
}

/** Builds the request for one target. Synchronous where nothing has to be encrypted. */
export type RequestBuilder = (target: PushTarget) => PushRequest | Promise<PushRequest>

/** What `readOutcome` may know beside the answer. */
export interface AnswerContext {
  /** Whether this credential had a push accepted recently: tells a dead address from a wrong environment. */
  readonly credentialWorked: boolean
  /** Epoch ms. */
  readonly now: number
}

export type OutcomeReader = (answer: Answer, context: AnswerContext) => Outcome

export type { Platform }
