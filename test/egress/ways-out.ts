/** What the tests of the two ways out are told by their setup (global-setup.ts). Types only: read on both sides. */

export interface WaysOut {
  /** A push service that does what the path of a request says. */
  readonly serviceUrl: string
  /** Where nobody listens. */
  readonly nowhereUrl: string
  readonly egressUrl: string
  readonly egressKey: string
  /** An egress that fails in the way that the path of its address says. */
  readonly falseEgressUrl: string
  /** How long the egress waits for an answer that never comes. */
  readonly answerDeadlineMs: number
}

declare module 'vitest' {
  interface ProvidedContext {
    waysOut: WaysOut
  }
}
