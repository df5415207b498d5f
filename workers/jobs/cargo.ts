/** The requests of a ticket: each is built at most once and answered once, whichever way it leaves in the end. */
import type { Answer, PushRequest } from '../../push/outcome.ts'
import type { OpenQuestions } from './open-questions.ts'
import { type Impression, notBuilt, type Transport } from './transport.ts'

type Build = Parameters<Transport['carry']>[1]

export class Cargo {
  readonly #count: number
  readonly #build: Build
  readonly #open: OpenQuestions
  #requests: PushRequest[] | null = null
  /** Which index of the ticket each request has. */
  readonly #indexes: number[] = []

  constructor(count: number, build: Build, open: OpenQuestions) {
    this.#count = count
    this.#build = build
    this.#open = open
  }

  /** Builds everything; what cannot be built is answered. */
  async load(): Promise<readonly PushRequest[]> {
    if (this.#requests !== null) return this.#requests
    const requests: PushRequest[] = []
    for (let index = 0; index < this.#count; index++) {
      try {
        const built = this.#build(index)
        requests.push(built instanceof Promise ? await built : built)
        this.#indexes.push(index)
      } catch (error) {
        this.#open.answer(index, notBuilt(error))
      }
    }
    this.#requests = requests
    return requests
  }

  /** @param position of a request in what was loaded; an answer for one that is not there is nobody's */
  answer(position: number, answer: Answer): Impression {
    return this.#open.answer(this.#indexes[position] ?? -1, answer)
  }

  /** Sends all of it another way. */
  async leaveBy(transport: Transport, pool: string, mayGoOn: () => boolean): Promise<void> {
    const requests = this.#requests
    if (requests === null) {
      await transport.carry(
        this.#count,
        this.#build,
        (index, answer) => this.#open.answer(index, answer),
        pool,
        mayGoOn,
      )
    } else {
      const loaded = (position: number) => requests[position]!
      const onAnswer = (position: number, answer: Answer) => this.answer(position, answer)
      await transport.carry(requests.length, loaded, onAnswer, pool, mayGoOn)
    }
  }
}
