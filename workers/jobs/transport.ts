/**
 * What carries pushes out of the Worker: one interface, two ways (direct.ts, through-egress.ts). A transport knows
 * neither devices nor ledgers: it gets built requests and says what came back for each.
 */
import type { Answer, PushRequest } from '../../push/outcome.ts'

export interface Transport {
  /**
   * Carries `count` requests. Never rejects because of the network or the push service: what went wrong there is a
   * `no_answer`, and `sent: 'no'` in it is certain knowledge, never a guess.
   *
   * @param build makes request `index` (0 to count - 1); called when it is needed, at most once each
   * @param onAnswer called exactly once for each index, in any order, as answers come; must not throw. What it makes of
   *   the answer is of use where the transport owns connections
   * @param pool whose connections these are: where the transport owns connections, requests of different pools never
   *   share one. One name per credential and version of it
   * @param mayGoOn asked before a request leaves; once it says no, what has not left is neither built nor answered
   */
  carry(
    count: number,
    build: (index: number) => PushRequest | Promise<PushRequest>,
    onAnswer: (index: number, answer: Answer) => Impression,
    pool: string,
    mayGoOn: () => boolean,
  ): Promise<void>
}

/** What an answer says of the connection that it came by. `suspect`: it may be bound to another credential. */
export type Impression = 'fine' | 'suspect'

/** How long a push service may take to answer one request. The slowest seen in the field needed 0.6 s. */
export const ANSWER_DEADLINE_MS = 10_000

/** What becomes of a request that could not even be built: nobody has seen it. The cause is logged. */
export function notBuilt(error: unknown): Answer {
  console.error('a push could not be built:', error instanceof Error ? error.message : error)
  return { kind: 'no_answer', sent: 'no', reason: 'build_failed' }
}
