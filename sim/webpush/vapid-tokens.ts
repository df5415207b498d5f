/**
 * Verified VAPID headers, remembered by their text: a sender that follows the rules uses one for hours. Knows no
 * subscription.
 */
import { readVapid, type VapidReading } from './vapid.ts'

/** Senders that sign anew for each message (web-push does) must not fill the memory. */
const MAX_REMEMBERED = 10_000

export class VapidTokens {
  readonly #remembered = new Map<string, VapidReading>()

  /** The claims of a header whose signature is right, or what is wrong with it. */
  read(authorization: string | undefined): VapidReading {
    if (authorization === undefined) return readVapid(undefined)
    const remembered = this.#remembered.get(authorization)
    if (remembered !== undefined) return remembered
    const reading = readVapid(authorization)
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(authorization, reading)
    return reading
  }
}
