/** Whether urgent sends were left alone by what went wrong. Pure. */
import type { Scene } from './scenes.ts'
import type { Arrived } from './urgent.ts'

/**
 * What stands behind a campaign or an outage waits for a deadline, a lease or all of a ticket's connections: many
 * seconds. Less than two more than otherwise is the work of the machine's other processes.
 */
const MOST_EXTRA_MS = 2_000
/** On a machine so busy that quiet times take seconds too. */
const MOST_RATIO = 2

const PERCENTILE = 0.95

export interface UrgentStory {
  readonly scene: Pick<Scene, 'down'>
  readonly urgent: readonly Arrived[]
}

/** Waits of the urgent sends to services that were not down. */
export function judgedWaits({ scene, urgent }: UrgentStory): number[] {
  return urgent.filter(({ service }) => !scene.down.includes(service)).map(({ waitedMs }) => waitedMs)
}

/** The smallest value that 95 % do not exceed; 0 of none. */
export function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(Math.ceil(PERCENTILE * sorted.length), 1) - 1] ?? 0
}

/** @returns why the urgent sends were not left alone, or null */
export function findDelay(story: UrgentStory, quiet: UrgentStory): string | null {
  const [took, usual] = [p95(judgedWaits(story)), p95(judgedWaits(quiet))]
  const most = Math.max(usual + MOST_EXTRA_MS, usual * MOST_RATIO)
  if (took <= most) return null
  return `urgent sends took ${format(took)} at p95, in quiet times ${format(usual)}; ${format(most)} is allowed`
}

/** @returns urgent sends that were not accepted in the end, in sentences */
export function findUnaccepted({ urgent }: UrgentStory): string[] {
  return urgent
    .filter(({ status }) => status !== 'accepted')
    .map(({ service, status }) => `an urgent send to ${service} is ${status} in the end`)
}

export function format(ms: number): string {
  return `${Math.round(ms)} ms`
}
