/**
 * P-256 key pairs for subscriptions. A hundred thousand subscriptions with a pair each would take seconds to make, so
 * they share a pool; what keeps them apart is the auth secret, which every one has for itself.
 */
import { createECDH, type ECDH } from 'node:crypto'

export interface KeyPair {
  /** Holds the private key. */
  readonly ecdh: ECDH
  /** Uncompressed point. */
  readonly publicKey: Buffer
  /** The same in base64url without padding, as `p256dh` has it. */
  readonly publicKeyText: string
}

/** Enough that neighbours differ, few enough to be made in an instant. */
const POOL_SIZE = 64

export class KeyPool {
  readonly #pairs: KeyPair[] = []
  #next = 0

  /** The next pair, going round. */
  take(): KeyPair {
    const position = this.#next
    this.#next = (position + 1) % POOL_SIZE
    this.#pairs[position] ??= makePair()
    return this.#pairs[position]
  }
}

function makePair(): KeyPair {
  const ecdh = createECDH('prime256v1')
  const publicKey = ecdh.generateKeys()
  return { ecdh, publicKey, publicKeyText: publicKey.toString('base64url') }
}
