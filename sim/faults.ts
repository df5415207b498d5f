/**
 * Scripted faults: which request of which address misbehaves, and how.
 *
 * Decides only; the servers carry the effects out in their own protocol. A rule counts the requests that it matches
 * (service and address prefix) from 1, and of those fires for the n-th, for every k-th, a limited number of times,
 * or by chance. Without rules a decision costs one comparison.
 */
import type { Service } from './service.ts'

/** What a fault does. `latency` adds up with other faults; of the rest the first that fires wins. */
export type Effect =
  /** An answer of this status. `reason` is the service's own word (`UNREGISTERED`, `BadDeviceToken`). */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly reason?: string
      readonly headers?: Readonly<Record<string, string>>
      /** Sent as it is when text, as JSON when an object; by default the service's own shape for the reason. */
      readonly body?: unknown
      /** Seconds, or an HTTP date. */
      readonly retry_after?: number | string
      /** The push is taken and recorded all the same: services do answer 503 for what they deliver. */
      readonly accepted?: boolean
    }
  | { readonly kind: 'latency'; readonly ms: number }
  /** Never answered; the connection stays open. */
  | { readonly kind: 'hang' }
  /** The connection is cut without an answer: before the push is taken, or after it is recorded as accepted. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** HTTP/2: GOAWAY that does not cover this request. HTTP/1.1: the connection is closed without an answer. */
  | { readonly kind: 'goaway'; readonly reason?: string }
  /** The service's own way to say that the address is dead. `at`: since when, epoch ms (default: now). */
  | { readonly kind: 'unregistered'; readonly at?: number }
  /** A page of the service's front end, which is not JSON. */
  | { readonly kind: 'html'; readonly status: number }

/** An effect that decides the answer. */
export type FinalEffect = Exclude<Effect, { kind: 'latency' }>

export interface FaultRule {
  readonly service: Service
  /** Addresses that begin with this; '' is all. */
  readonly prefix: string
  /** Only the n-th matching request, from 1. */
  readonly nth?: number
  /** Every k-th matching request. */
  readonly every?: number
  /** At most so many requests. */
  readonly times?: number
  /** Chance from 0 to 1 for each request that the other conditions let through. */
  readonly probability?: number
  readonly effect: Effect
}

export interface FaultVerdict {
  /** To be waited before whatever follows. */
  readonly delayMs: number
  readonly effect: FinalEffect | null
}

/** Shared by every request without a fault: compare by identity to skip all work. */
export const NO_FAULT: FaultVerdict = Object.freeze({ delayMs: 0, effect: null })

/**
 * Whether a rule fires.
 *
 * @param seen how many requests the rule has matched, this one included
 * @param fired how often it has fired before
 * @param dice a number in [0, 1)
 */
export function ruleFires(rule: FaultRule, seen: number, fired: number, dice: number): boolean {
  if (rule.nth !== undefined && seen !== rule.nth) return false
  if (rule.every !== undefined && seen % rule.every !== 0) return false
  if (rule.times !== undefined && fired >= rule.times) return false
  return rule.probability === undefined || dice < rule.probability
}

interface Entry {
  readonly id: string
  readonly rule: FaultRule
  seen: number
  fired: number
}

/** A rule with its counters, as the control API lists it. */
export type FaultListing = FaultRule & { readonly id: string; readonly seen: number; readonly fired: number }

/** The rules in force. */
export class Faults {
  readonly #random: () => number
  #entries: readonly Entry[] = []
  #lastId = 0

  /** @param random numbers in [0, 1) for rules with a probability */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Adds a rule and returns its id. */
  add(rule: FaultRule): string {
    const id = `fault_${++this.#lastId}`
    this.#entries = [...this.#entries, { id, rule, seen: 0, fired: 0 }]
    return id
  }

  /** Returns whether there was such a rule. */
  remove(id: string): boolean {
    const kept = this.#entries.filter((entry) => entry.id !== id)
    const removed = kept.length < this.#entries.length
    this.#entries = kept
    return removed
  }

  clear(): void {
    this.#entries = []
  }

  list(): FaultListing[] {
    return this.#entries.map(({ id, rule, seen, fired }) => ({ id, ...rule, seen, fired }))
  }

  /** What happens to this request. Counts it: call once per request, when its address is known and it is valid. */
  decide(service: Service, address: string): FaultVerdict {
    return this.#entries.length === 0 ? NO_FAULT : this.#decideByRules(service, address)
  }

  #decideByRules(service: Service, address: string): FaultVerdict {
    let delayMs = 0
    let effect: FinalEffect | null = null
    for (const entry of this.#entries) {
      const { rule } = entry
      if (rule.service !== service || !address.startsWith(rule.prefix)) continue
      entry.seen += 1
      if (effect !== null && rule.effect.kind !== 'latency') continue
      if (!ruleFires(rule, entry.seen, entry.fired, this.#random())) continue
      entry.fired += 1
      if (rule.effect.kind === 'latency') delayMs += rule.effect.ms
      else effect = rule.effect
    }
    return delayMs === 0 && effect === null ? NO_FAULT : { delayMs, effect }
  }
}
