/**
 * What is billed, counted while it happens. One tally an isolate: locally the Worker and all its objects share one.
 * Types and additions only.
 */

/** Where the meters are read. */
export const TALLY_PATH = '/bench/tally'

export interface Tally {
  /** Invocations by HTTP and by queues. */
  workerRequests: number
  /** In units of 64 KB, each of the three by itself. */
  queueWrites: number
  queueReads: number
  queueDeletes: number
  /** RPC calls, fetches and alarms. */
  objectRequests: number
  objectRowsRead: number
  objectRowsWritten: number
  d1RowsRead: number
  d1RowsWritten: number
}

/** For whoever wants to spend less: how often each call was made, how many rows each statement wrote. */
export type Breakdown = Record<string, number>

export const tally: Tally = {
  workerRequests: 0,
  queueWrites: 0,
  queueReads: 0,
  queueDeletes: 0,
  objectRequests: 0,
  objectRowsRead: 0,
  objectRowsWritten: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
}

export const breakdown: Breakdown = {}

/** Adds to the tally, and to its breakdown under a name of the caller's choice. */
export function count(what: keyof Tally, amount: number, name: string): void {
  tally[what] += amount
  const key = `${what}: ${name}`
  breakdown[key] = (breakdown[key] ?? 0) + amount
}

/** What came to pass between two tallies. */
export function difference<Counts extends object>(after: Counts, before: Partial<Counts>): Counts {
  const earlier = before as Record<string, number>
  const entries = Object.entries(after as Record<string, number>)
  return Object.fromEntries(entries.map(([name, value]) => [name, value - (earlier[name] ?? 0)])) as Counts
}
