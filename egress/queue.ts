/** A first-in, first-out queue whose front costs nothing to take, however long it is. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #front = 0

  get size(): number {
    return this.#items.length - this.#front
  }

  /** The next one to be taken. */
  get first(): T | undefined {
    return this.#items[this.#front]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  take(): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#front]
    this.#items[this.#front++] = undefined
    if (this.#front === this.#items.length) {
      this.#items = []
      this.#front = 0
    }
    return item
  }
}
