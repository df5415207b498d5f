/** What the benchmarks let run against each other. Types only. */

/** Somebody who can push to a whole audience, again and again. */
export interface Contestant {
  readonly name: string
  /** Pushes to everybody once. @throws when a push was not accepted */
  run(): Promise<Run>
  /** Ends every process it started. */
  close(): Promise<void>
}

export interface Run {
  readonly pushes: number
  /** Wall time from the order to the last answer. */
  readonly ms: number
  /** CPU time that the contestant's own processes used for it, in user and kernel; null where it cannot be read. */
  readonly cpuMs: number | null
}
