/**
 * What an isolate knows of a credential's pace between two questions to its Throttle: what it may still send, or why
 * it may not, and what it has seen and not told. Kept in memory, shared by all tickets of the isolate; plain data, so
 * that one invocation never waits for another's call. No I/O; the clock is an argument.
 */

import type { Outcome } from './outcome.ts'
import { countAll, countOutcome, emptyOutcomeCounts, type OutcomeCounts } from './outcome-counts.ts'
import type { HoldCause, ThrottleAnswer, ThrottleReport } from './throttle.ts'

/** Why nothing may be sent, and when to look again. */
export interface Hold {
  readonly cause: HoldCause
  readonly reason: string
  /** Epoch ms. */
  readonly resumeAt: number
}

/** What was sent under one answer with one version of the credential. */
export class Tally {
  readonly epoch: number
  readonly version: number | null
  #counts = emptyOutcomeCounts()

  constructor(epoch: number, version: number | null) {
    this.epoch = epoch
    this.version = version
  }

  /** On the path of every push: an acceptance is one increment. */
  note(outcome: Outcome, now: number): void {
    if (outcome.kind === 'accepted') this.#counts.accepted++
    else countOutcome(this.#counts, outcome, now)
  }

  get counts(): Readonly<OutcomeCounts> {
    return this.#counts
  }

  /** Takes everything out, to be told. */
  empty(): OutcomeCounts {
    const counts = this.#counts
    this.#counts = emptyOutcomeCounts()
    return counts
  }

  /** Puts back what could not be told. */
  putBack(add: (counts: OutcomeCounts) => OutcomeCounts): void {
    this.#counts = add(this.#counts)
  }
}

/** How many answers of a kind are reason enough to ask in the middle of a ticket. */
const ALARMING = { quota: 1, misconfigured: 1, outage: 20, suspect: 20 } as const
/** Deaths: this many, and more than this share. The Throttle decides whether they are abnormal; it has to be told. */
const ALARMING_DEATHS = 50
const ALARMING_DEATH_SHARE = 0.2

/** Whether what was seen may be news that the whole fleet should have at once. */
export function isAlarming(counts: Readonly<OutcomeCounts>): boolean {
  const { quota, misconfigured, outage, suspect, unregistered } = counts
  if (quota >= ALARMING.quota || misconfigured >= ALARMING.misconfigured) return true
  if (outage >= ALARMING.outage || suspect >= ALARMING.suspect) return true
  return unregistered >= ALARMING_DEATHS && unregistered > countAll(counts) * ALARMING_DEATH_SHARE
}

export class Allowance {
  /** What is sent now is counted here. */
  tally = new Tally(0, null)
  /** Devices that are called dead now are to be quarantined. */
  quarantine = false
  /** A credential older than this one has been replaced. */
  leastVersion = 0
  /** Epoch ms at which the Throttle was told last. */
  toldAt = 0
  /** Epoch ms until which the Throttle is not asked, because it could not be reached. */
  aloneUntil = 0
  /** The last answer, if it was no. */
  #hold: Hold | null = null
  /** Epoch ms. Before the one the clock was set back, and nothing is known. */
  #holdFrom = 0
  #holdUntil = 0
  #left = 0
  #leftUntil = 0

  /** Why nothing may be sent, as far as this isolate knows; null: it has to ask, or may send. @param now epoch ms */
  heldAt(now: number): Hold | null {
    return now >= this.#holdFrom && now < this.#holdUntil ? this.#hold : null
  }

  /**
   * Whether the credential was stopped since something was granted. Asked before every push: what others were told
   * about their share of the rate is not meant.
   */
  get isStopped(): boolean {
    return this.#hold !== null && this.#hold.cause !== 'pace'
  }

  /** Whether something is granted. */
  hasGrant(now: number): boolean {
    return this.#left > 0 && now < this.#leftUntil
  }

  /** Takes out of the grant. @returns up to `wanted`; 0: ask */
  take(wanted: number, now: number): number {
    if (!this.hasGrant(now)) return 0
    const taken = Math.min(wanted, this.#left)
    this.#left -= taken
    return taken
  }

  /** Gives back what was taken and has not left. */
  putBack(count: number): void {
    this.#left += count
  }

  /** What goes with the next question. Nothing to tell is null. @param unusedProbe pushes of the asker's own probe */
  report(tally: Tally, unusedProbe: number, unable: boolean, now: number): ThrottleReport | null {
    const unused = this.#left + unusedProbe
    this.#left = 0
    this.toldAt = now
    const counts = tally.empty()
    if (unused === 0 && countAll(counts) === 0) return null
    return { counts, epoch: tally.epoch, unused, version: tally.version, unable }
  }

  /**
   * Learns what the Throttle says.
   *
   * @param holdLifeMs how long a refusal is believed without asking again
   * @returns the refusal, if it was one
   */
  adopt(answer: ThrottleAnswer, now: number, holdLifeMs: number): Hold | null {
    const { epoch, version, quarantine } = answer
    this.quarantine = quarantine
    this.leastVersion = Math.max(this.leastVersion, version)
    if (epoch !== this.tally.epoch) this.tally = new Tally(epoch, this.tally.version)
    if (answer.kind === 'go') {
      // A probe belongs to the ticket that asked. Others may have been granted something meanwhile.
      this.#left += answer.probe ? 0 : answer.pushes
      this.#leftUntil = now + answer.lifeMs
      this.#hold = null
      this.#holdUntil = 0
      return null
    }
    const { cause, reason, resumeAt } = answer
    this.#hold = { cause, reason, resumeAt }
    this.#holdFrom = now
    this.#holdUntil = Math.min(resumeAt, now + holdLifeMs)
    return this.#hold
  }

  /** Pushes leave with this version of the credential from now on; null: there is none to send with. */
  useVersion(version: number | null): void {
    if (this.tally.version !== version) this.tally = new Tally(this.tally.epoch, version)
  }
}
