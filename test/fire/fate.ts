/** What the tests of an egress under fire are told by their setup (setup.ts). Read on both sides. */

/**
 * What may happen to the egress. A narrow one has room for one ticket; `end` lets tickets under way finish, `stop`
 * leaves its connections open.
 */
export type Fate = 'start' | 'start-narrow' | 'kill' | 'end' | 'stop' | 'continue'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the fate of the egress is decided: `POST /kill`. */
    fateUrl: string
  }
}
