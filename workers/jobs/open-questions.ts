/** The requests of a ticket that are not answered yet. Sees to it that each is answered once, whatever is said. */
import { OrdinalSet } from '../../push/ledger.ts'
import type { Answer } from '../../push/outcome.ts'
import type { Impression, Transport } from './transport.ts'

type OnAnswer = Parameters<Transport['carry']>[2]

export class OpenQuestions {
  readonly #count: number
  readonly #answered: OrdinalSet
  readonly #onAnswer: OnAnswer
  #left: number

  constructor(count: number, onAnswer: OnAnswer) {
    this.#count = count
    this.#left = count
    this.#answered = OrdinalSet.ofSize(count)
    this.#onAnswer = onAnswer
  }

  /** Nothing is unanswered. */
  get areAnswered(): boolean {
    return this.#left === 0
  }

  /** Only the first answer to a question that was asked counts. */
  answer(index: number, answer: Answer): Impression {
    if (!(index >= 0 && index < this.#count) || !this.#answered.add(index)) return 'fine'
    this.#left--
    return this.#onAnswer(index, answer)
  }

  answerRest(answer: Answer): void {
    for (let index = 0; index < this.#count; index++) this.answer(index, answer)
  }
}
