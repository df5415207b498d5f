/** How much is measured: in earnest, and to see whether everything works (`--quick`). */

export interface Sizes {
  /** Devices of a topic that is sent to. */
  readonly devices: number
  /** The same where one push is one fetch: it takes ten times as long. */
  readonly directDevices: number
  /** The same where, on top of that, the push service takes its time. */
  readonly slowDevices: number
  /** Runs of each contestant that count, after one to warm up. */
  readonly rounds: number
  /** Calls of `POST /v1/notifications` a round. */
  readonly accepts: number
  /** Devices that are imported, 10,000 a call. */
  readonly imports: number
  /** Devices of one topic as it grows. */
  readonly growth: readonly number[]
  /** Sends to one device each, a series. */
  readonly firstPushes: number
}

export const FULL: Sizes = {
  devices: 50_000,
  directDevices: 30_000,
  slowDevices: 2_000,
  rounds: 3,
  accepts: 2_000,
  imports: 100_000,
  growth: [10_000, 100_000, 1_000_000],
  firstPushes: 500,
}

export const QUICK: Sizes = {
  devices: 5_000,
  directDevices: 5_000,
  slowDevices: 2_000,
  rounds: 1,
  accepts: 300,
  imports: 20_000,
  growth: [2_000, 10_000, 50_000],
  firstPushes: 50,
}
