/**
 * When the platform is killed: moments of a fan-out's life, drawn by dice, in the order in which they come. Pure.
 */
import type { Dice } from '../../dev/dice.ts'

export const MOMENTS = ['opening', 'first leases', 'middle', 'retries', 'completion'] as const
export type MomentName = (typeof MOMENTS)[number]

export interface Moment {
  readonly name: MomentName
  /** The moment has come when this share of the recipients is settled. */
  readonly settledShare: number
  /** For the moments that wait for pushes to leave: one must have arrived since the last start. */
  readonly afterArrival: boolean
  /** To be waited then. */
  readonly delayMs: number
}

/** What is seen of a fan-out while it runs. */
export interface Progress {
  /** From 0 to 1; 0 while its ledger is being opened. */
  readonly settledShare: number
  /** A push has arrived since the platform was started. */
  readonly arrived: boolean
  readonly completed: boolean
}

/** The opening of 20,000 devices takes about that long. */
const OPENING_MS = 300
/** One ticket of 500 goes through in about that time. */
const TICKET_MS = 100
const RETRIES_MS = 800
const MIDDLE_FROM = 0.05
const RETRIES_FROM = 0.85
/** A few recipients are left. */
const COMPLETION_FROM = 0.998

/** What the dice choose among once each moment had its turn: a crash is most likely while much is under way. */
const USUAL: readonly MomentName[] = ['middle', 'middle', 'retries']

/** Draws the moments of a number of kills: each kind first, in a random choice when there are fewer kills than kinds. */
export function drawMoments(kills: number, dice: Dice): Moment[] {
  const names = shuffle(MOMENTS, dice).slice(0, kills)
  while (names.length < kills) names.push(pick(USUAL, dice))
  return names.map((name) => drawMoment(name, dice)).sort(byTime)
}

export function hasCome({ settledShare, afterArrival }: Moment, seen: Progress): boolean {
  return seen.completed || (seen.settledShare >= settledShare && (seen.arrived || !afterArrival))
}

function drawMoment(name: MomentName, dice: Dice): Moment {
  const waiting = { name, afterArrival: true, settledShare: 0 }
  switch (name) {
    case 'opening':
      return { ...waiting, afterArrival: false, delayMs: dice() * OPENING_MS }
    case 'first leases':
      return { ...waiting, delayMs: dice() * TICKET_MS }
    case 'middle':
      return {
        ...waiting,
        settledShare: MIDDLE_FROM + dice() * (RETRIES_FROM - MIDDLE_FROM),
        delayMs: dice() * TICKET_MS,
      }
    case 'retries':
      return { ...waiting, settledShare: RETRIES_FROM, delayMs: dice() * RETRIES_MS }
    case 'completion':
      return { ...waiting, settledShare: COMPLETION_FROM, delayMs: 0 }
  }
}

function byTime(a: Moment, b: Moment): number {
  return MOMENTS.indexOf(a.name) - MOMENTS.indexOf(b.name) || a.settledShare - b.settledShare
}

function shuffle<T>(values: readonly T[], dice: Dice): T[] {
  return values
    .map((value) => ({ value, order: dice() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value)
}

function pick<T>(values: readonly T[], dice: Dice): T {
  return values[Math.floor(dice() * values.length)]!
}
