/**
 * Flow control for what we receive (RFC 9113 §6.9): how much the peer may still send, and when to allow it more.
 * Numbers only.
 */
import { ConnectionError, FLOW_CONTROL_ERROR } from './frames.ts'

export class ReceiveWindow {
  readonly #sizeBytes: number
  #leftBytes: number

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes
    this.#leftBytes = sizeBytes
  }

  /**
   * Takes what arrived, padding included.
   *
   * @returns the increment to announce: 0, or what fills the window again once half of it is used
   * @throws ConnectionError FLOW_CONTROL_ERROR when the peer sent more than it was allowed
   */
  take(bytes: number): number {
    this.#leftBytes -= bytes
    if (this.#leftBytes < 0) throw new ConnectionError(FLOW_CONTROL_ERROR, 'more data than the window allows')
    const usedBytes = this.#sizeBytes - this.#leftBytes
    if (usedBytes * 2 < this.#sizeBytes) return 0
    this.#leftBytes = this.#sizeBytes
    return usedBytes
  }
}
