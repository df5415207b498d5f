/**
 * A ticket's side of the pace: asks the Throttle of its credential, seldom, and tells it what was seen. The answers
 * are shared by all tickets of the isolate. A Throttle that cannot be reached never stops delivery.
 */
import type { CredentialName } from '../../durable-objects/throttle.ts'
import { Allowance, type Hold, isAlarming, Tally } from '../../push/allowance.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import type { Outcome } from '../../push/outcome.ts'
import { blameOf, sumOf } from '../../push/outcome-counts.ts'
import { NOMINAL_BASE_SECONDS } from '../../push/retry.ts'
import type { ThrottleAnswer } from '../../push/throttle.ts'
import { TICKET_RECIPIENTS } from '../../push/ticket.ts'
import { askThrottle } from './ask-throttle.ts'

/** Credentials an isolate remembers, and for how long; some hundred bytes each. */
const ALLOWANCES = { most: 1_000, lifeMs: 60 * 60 * 1000 }
/** What a send to a few asks for before it knows how many it has. */
const FEW_RECIPIENTS = 20
/** A refusal is believed this long, so that a credential that was replaced is noticed. Scaled as every wait. */
const HOLD_LIFE_MS = 5_000
/** What was seen is told after this long, also when nobody asks for more. */
const TELL_EVERY_MS = 5_000
/** News of trouble are told at once, but not more often. */
const ALARM_EVERY_MS = 250
const DRAW_ATTEMPTS = 2
/** Without a Throttle, what an isolate lets through a second: a ticket. */
const ALONE = { pushes: TICKET_RECIPIENTS, lifeMs: 1_000 }
/** How long a ticket that could not be prepared waits where no Throttle says. Scaled. */
const UNABLE_WAIT_MS = 10_000
/** How long who was sent to with a credential that was replaced in that moment waits for the new one. Scaled. */
const REPLACED_WAIT_MS = 1_000

const allowances = new ExpiringMap<Allowance>(ALLOWANCES)

function allowanceOf({ appId, platform }: CredentialName): Allowance {
  const now = Date.now()
  const name = `${appId}/${platform}`
  const known = allowances.get(name, now) ?? new Allowance()
  allowances.set(name, known, now)
  return known
}

export class Pace {
  readonly #env: Env
  readonly #credential: CredentialName
  readonly #single: boolean
  readonly #scale: number
  readonly #allowance: Allowance
  #tally: Tally
  #alarm: Promise<void> | null = null
  /** Pushes of a probe that this ticket may send whatever others are told. */
  #probe = 0
  /** What leaves now is a probe: whatever comes of it is told. */
  #probing = false
  /** Of the credential that the ticket is sent with. */
  #version: number | null = null

  /** @param single a send to users or devices: nothing but the breaker and the service's own limits hold it back */
  constructor(env: Env, credential: CredentialName, single: boolean) {
    this.#env = env
    this.#credential = credential
    this.#single = single
    this.#scale = Number(env.RETRY_BASE_SECONDS) / NOMINAL_BASE_SECONDS
    this.#allowance = allowanceOf(credential)
    this.#tally = this.#allowance.tally
  }

  /** Why nothing may be sent, as far as is known without asking; null: it may, or it is not known. */
  get knownHold(): Hold | null {
    return this.#allowance.heldAt(Date.now())
  }

  /** Devices that are called dead now are to be quarantined. */
  get quarantine(): boolean {
    return this.#allowance.quarantine
  }

  /** A credential older than this one has been replaced. */
  get leastVersion(): number {
    return this.#allowance.leastVersion
  }

  /** Whether the credential was stopped while the ticket is on its way. */
  get isStopped(): boolean {
    return !this.#probing && this.#allowance.isStopped
  }

  /** Whether a ticket may be begun; null: it may. */
  async gate(): Promise<Hold | null> {
    const now = Date.now()
    if (this.#probe > 0) return null
    const held = this.#allowance.heldAt(now)
    if (held !== null || this.#allowance.hasGrant(now)) return held
    const refused = await this.#ask(this.#single ? FEW_RECIPIENTS : TICKET_RECIPIENTS)
    this.#tally = this.#allowance.tally
    return refused
  }

  /** Takes what may leave now of so many pushes: at least one, or why none. */
  async draw(wanted: number): Promise<number | Hold> {
    const held = this.#probe > 0 ? null : this.knownHold
    if (held !== null) return held
    let taken = this.#take(wanted)
    // What is granted may go to another ticket of this isolate, which came first.
    for (let attempt = 1; taken === 0 && attempt <= DRAW_ATTEMPTS; attempt++) {
      const refused = await this.#ask(wanted)
      if (refused !== null) return refused
      taken = this.#take(wanted)
    }
    this.#tally = this.#tallyOfVersion()
    return taken > 0 ? taken : this.#holdAlone('pace', 'paced', ALONE.lifeMs * this.#scale)
  }

  /** Another ticket of this isolate may have begun with a newer credential: what it counts is not about this one's. */
  #tallyOfVersion(): Tally {
    const { tally } = this.#allowance
    if (this.#version === null || tally.version === this.#version) return tally
    return this.#tally.epoch === tally.epoch && this.#tally.version === this.#version
      ? this.#tally
      : new Tally(tally.epoch, this.#version)
  }

  #take(wanted: number): number {
    this.#probing = this.#probe > 0
    if (!this.#probing) return this.#allowance.take(wanted, Date.now())
    const taken = Math.min(wanted, this.#probe)
    this.#probe -= taken
    return taken
  }

  /** Gives back what was drawn and has not left. */
  putBack(count: number): void {
    if (this.#probing) this.#probe += count
    else if (count > 0) this.#allowance.putBack(count)
  }

  /** The ticket is sent with this version of the credential; null: there is none to send with. */
  useVersion(version: number | null): void {
    this.#version = version
    this.#allowance.useVersion(version)
    this.#tally = this.#allowance.tally
  }

  /** Notes what became of a push. Called for every push. */
  note(outcome: Outcome, now: number): void {
    this.#tally.note(outcome, now)
    if (outcome.kind === 'accepted' || this.#alarm !== null || now - this.#allowance.toldAt < ALARM_EVERY_MS) return
    if (isAlarming(this.#tally.counts)) this.#alarm = this.#tell()
  }

  /** Nobody of the ticket could be sent to: what holds it. */
  async noteUnable(outcome: Outcome, recipients: number): Promise<Hold> {
    const now = Date.now()
    for (let index = 0; index < recipients; index++) this.#tally.note(outcome, now)
    const refused = await this.#ask(0, true)
    if (refused !== null) return refused
    const reason = 'reason' in outcome ? outcome.reason : outcome.kind
    const cause = blameOf(outcome) === 'misconfigured' ? 'misconfigured' : 'outage'
    return this.#holdAlone(cause, reason, UNABLE_WAIT_MS * this.#scale)
  }

  /** Tells what was seen and asks whether the credential is held on account of it; null: it is not. */
  async judge(): Promise<Hold | null> {
    await this.#alarm
    const held = this.knownHold ?? (await this.#ask(0))
    if (held !== null && held.cause !== 'pace') return held
    // What was said of a credential that has been replaced meanwhile is no word about the one that comes next.
    const isReplaced = this.#version !== null && this.#version < this.#allowance.leastVersion
    return isReplaced ? this.#holdAlone('pace', 'credential_replaced', REPLACED_WAIT_MS * this.#scale) : null
  }

  /** Waits until the Throttle knows of anything alarming: its answer says what deaths mean. */
  async hear(): Promise<void> {
    await this.#alarm
    if (isAlarming(this.#tally.counts)) await this.#ask(0)
  }

  /** Ends the ticket: what was seen is told, unless it was told lately and is not urgent. */
  async close(): Promise<void> {
    await this.#alarm
    const lately = Date.now() - this.#allowance.toldAt < TELL_EVERY_MS
    const urgent =
      this.#probing || this.#probe > 0 || this.#tally !== this.#allowance.tally || isAlarming(this.#tally.counts)
    if (urgent || !lately) await this.#ask(0)
  }

  /** @returns why not; null: it may go on, or nobody knows */
  async #ask(wanted: number, unable = false): Promise<Hold | null> {
    const allowance = this.#allowance
    const tally = this.#tally
    const now = Date.now()
    if (allowance.aloneUntil > now && allowance.aloneUntil - now <= ALONE.lifeMs) return null
    const report = allowance.report(tally, this.#probe, unable, now)
    this.#probe = 0
    const ask = { wanted, single: this.#single, report }
    let answer = await askThrottle(this.#env, this.#credential, ask)
    if (answer === null) {
      if (report !== null) tally.putBack((counts) => sumOf(report.counts, counts))
      allowance.aloneUntil = Date.now() + ALONE.lifeMs
      answer = alone(allowance, wanted)
    }
    if (answer.kind === 'go' && answer.probe) this.#probe = answer.pushes
    return allowance.adopt(answer, Date.now(), HOLD_LIFE_MS * this.#scale)
  }

  /** In the middle of a ticket: the answer, if it is no, stops what has not left. */
  async #tell(): Promise<void> {
    await this.#ask(0)
    this.#alarm = null
  }

  #holdAlone(cause: Hold['cause'], reason: string, waitMs: number): Hold {
    return { cause, reason, resumeAt: Math.ceil(Date.now() + waitMs * (1 + Math.random())) }
  }
}

/** What is done without a Throttle: as it last said, slowly. */
function alone({ tally, leastVersion, quarantine }: Allowance, wanted: number): ThrottleAnswer {
  const common = { epoch: tally.epoch, version: leastVersion, quarantine }
  return { ...common, kind: 'go', pushes: Math.min(wanted, ALONE.pushes), lifeMs: ALONE.lifeMs, probe: false }
}
