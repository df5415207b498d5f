/** From the runs of a duel to rows of the table. Pure. */
import type { Run } from './contestant.ts'
import type { Findings, Row } from './scenario.ts'
import { compare, median } from './statistics.ts'

export interface Rival {
  readonly name: string
  readonly runs: readonly Run[]
  /** The least that our rate may be of theirs; null: for the record. */
  readonly target: number | null
}

/** The details of a duel's results. */
export interface DuelDetails {
  readonly unit: string
  /** Ourselves first. */
  readonly contestants: readonly ContestantFigures[]
}

export interface ContestantFigures {
  readonly name: string
  readonly ratePerSecond: number
  readonly rates: readonly number[]
  readonly cpuMicrosecondsPerPush: readonly (number | null)[]
  /** The least that our rate may be of theirs; null: for the record, or ourselves. */
  readonly target: number | null
}

/** @param measured what was sent to whom, and which way */
export function findingsOfDuel(measured: string, ours: readonly Run[], rivals: readonly Rival[]): Findings {
  const contestants = [{ name: 'Fanfare', runs: ours, target: null }, ...rivals]
  const details: DuelDetails = {
    unit: 'pushes per second, in the order of the runs',
    contestants: contestants.map(figuresOf),
  }
  return { rows: rivals.map((rival) => rowOf(measured, ours, rival)), details }
}

function figuresOf({ name, runs, target }: Rival): ContestantFigures {
  return {
    name,
    ratePerSecond: Math.round(median(runs.map(rateOf))),
    rates: runs.map((run) => Math.round(rateOf(run))),
    cpuMicrosecondsPerPush: runs.map(cpuPerPush),
    target,
  }
}

export function rateOf({ pushes, ms }: Run): number {
  return (pushes * 1000) / ms
}

/** In microseconds. */
export function cpuPerPush({ pushes, cpuMs }: Run): number | null {
  return cpuMs === null ? null : Math.round((cpuMs * 1000) / pushes)
}

/** `4,210/s, 231 µs CPU`, with thousands in commas. */
export function describeRuns(runs: readonly Run[]): string {
  const rate = `${Math.round(median(runs.map(rateOf))).toLocaleString('en-US')}/s`
  const cpu = runs.map(cpuPerPush).filter((value) => value !== null)
  return cpu.length === 0 ? rate : `${rate}, ${Math.round(median(cpu))} µs CPU`
}

function rowOf(measured: string, ours: readonly Run[], { name, runs, target }: Rival): Row {
  const { typical, byPair } = compare(ours.map(rateOf), runs.map(rateOf))
  return {
    measured,
    fanfare: describeRuns(ours),
    comparedWith: `${name}: ${describeRuns(runs)}`,
    ratio: `${typical.toFixed(2)} (${byPair.map((ratio) => ratio.toFixed(2)).join(' ')})`,
    target: target === null ? 'for the record' : `≥ ${target.toFixed(2)}`,
    met: target === null ? null : typical >= target,
  }
}
