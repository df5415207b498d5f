/**
 * Opens connections to one place, one at a time, and leaves the place alone for a while when that fails. Knows nothing
 * of what the connections are for.
 */
import type { SecureContext, TLSSocket } from 'node:tls'
import { openTls, type Target } from './open-tls.ts'
import { reconnectDelayMs } from './reconnect-delay.ts'
import type { Tally } from './tally.ts'

export interface ConnectorOwner {
  onConnected(socket: TLSSocket, speaksHttp2: boolean): void
  /** There is no connection, or the one there was came to nothing, and none is tried for a while. */
  onUnreachable(): void
}

export class Connector {
  readonly #target: Target
  readonly #owner: ConnectorOwner
  readonly #tally: Tally
  #opening: { readonly socket: TLSSocket; readonly since: number } | null = null
  #failures = 0
  #retryAt = 0
  #isQuiet = false

  constructor(target: Target, owner: ConnectorOwner, tally: Tally) {
    this.#target = target
    this.#owner = owner
    this.#tally = tally
  }

  get isOpening(): boolean {
    return this.#opening !== null
  }

  /** Whether the place is left alone for now. */
  isResting(now: number): boolean {
    return now < this.#retryAt
  }

  /** Does nothing while a connection is being opened. */
  open(secureContext: SecureContext, now: number): void {
    if (this.#opening !== null) return
    const onOpen = (socket: TLSSocket, speaksHttp2: boolean) => {
      this.#opening = null
      if (speaksHttp2) this.#tally.opened.add(this.#target.authority)
      this.#owner.onConnected(socket, speaksHttp2)
    }
    const onFail = (cause: string) => {
      this.#opening = null
      this.noteFailure(cause)
    }
    this.#opening = { socket: openTls(this.#target, secureContext, onOpen, onFail), since: now }
  }

  /** Gives up a connection that takes longer than that to open. */
  sweep(now: number, connectMs: number): void {
    if (this.#opening !== null && now - this.#opening.since > connectMs) this.#opening.socket.destroy()
  }

  /** A connection was of use. */
  noteSuccess(): void {
    this.#failures = 0
  }

  noteFailure(cause: string): void {
    if (!this.#isQuiet) console.warn(`no connection to ${this.#target.authority}: ${cause}`)
    this.#tally.failed.add(this.#target.authority)
    this.#failures++
    this.#retryAt = performance.now() + reconnectDelayMs(this.#failures, Math.random())
    this.#owner.onUnreachable()
  }

  /** Gives up what is being opened, and says no more about it. */
  end(): void {
    this.#isQuiet = true
    this.#opening?.socket.destroy()
  }
}
