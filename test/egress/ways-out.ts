/** What the tests of the two ways out are told by their setup (global-setup.ts). Types only: read on both sides. */

export interface WaysOut {
  /** A push service that does what the path of a request says. */
  readonly serviceUrl: string
  /** Where nobody listens. */
  readonly nowhereUrl: string
  readonly egressUrl: string
  /** One that waits for an answer no longer than {@link answerDeadlineMs}. */
  readonly impatientEgressUrl: string
  readonly egressKey: string
  /** An egress that fails in the way that the path of its address says. */
  readonly falseEgressUrl: string
  /** How long those wait that are to see an answer never come. */
  readonly answerDeadlineMs: number
}

declare module 'vitest' {
  interface ProvidedContext {
    waysOut: WaysOut
  }
}
