/** How much is measured: in earnest, and to see whether everything works (`--quick`). */

export interface Sizes {
  /** Devices of a topic that is sent to. */
  readonly devices: number
  /** Runs of each contestant that count, after one to warm up. */
  readonly rounds: number
  /** Calls of `POST /v1/notifications` a round. */
  readonly accepts: number
  /** Devices that are imported, 10,000 a call. */
  readonly imports: number
}

export const FULL: Sizes = { devices: 50_000, rounds: 3, accepts: 2_000, imports: 100_000 }
export const QUICK: Sizes = { devices: 5_000, rounds: 1, accepts: 300, imports: 20_000 }
