/** What the tests of attestation are told by their setup. Types only: read on both sides. */
export interface Siteverifying {
  /** A Turnstile that does what a response says. */
  readonly url: string
  /** The secret it takes. */
  readonly secret: string
}

declare module 'vitest' {
  interface ProvidedContext {
    siteverify: Siteverifying
  }
}
