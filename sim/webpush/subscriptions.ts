/**
 * The subscriptions that exist: made in bulk by the control API with keys of our own, or one by one by a browser that
 * keeps its keys to itself. A store; judges nothing.
 */
import { randomBytes } from 'node:crypto'
import type { SubscriberKeys } from './encryption.ts'
import { type KeyPair, KeyPool } from './key-pool.ts'
import type { ProfileName } from './profiles.ts'

/** Which pushes are decrypted: decrypting costs more than all other checks together. */
export type DecryptMode = 'all' | 'first'

export interface Subscription {
  readonly id: string
  /** Scheme, host and port of the endpoint: the audience of a VAPID token. */
  readonly origin: string
  readonly profile: ProfileName
  /** The VAPID key it was made with, base64url without padding; null: made with none. */
  readonly vapidKey: string | null
  /** Null when the keys are in a browser. */
  readonly keys: SubscriberKeys | null
  readonly decrypt: DecryptMode
  /** It has ended; a push to it is answered differently from one to an endpoint that never was. */
  isGone: boolean
  /** How many pushes were decrypted so far. */
  decrypted: number
  /** The browser's own name for it; null when no browser made it. */
  readonly channel: Channel | null
}

/** A subscription's place in Mozilla's WebSocket protocol. */
export interface Channel {
  readonly uaid: string
  readonly channelId: string
}

export interface BulkRequest {
  readonly count: number
  readonly origin: string
  /** Ids begin with it, so that faults can be scripted for them. */
  readonly idPrefix: string
  readonly profile: ProfileName
  readonly vapidKey: string | null
  readonly decrypt: DecryptMode
}

/** A subscription as `PushSubscription.toJSON()` shows it. */
export interface SubscriptionJson {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

export const PUSH_PATH = '/push/'

const AUTH_SECRET_BYTES = 16
const ID_BYTES = 12

export class Subscriptions {
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #pool = new KeyPool()

  /** Makes subscriptions whose pushes can be decrypted. */
  makeMany(request: BulkRequest): SubscriptionJson[] {
    const random = randomBytes(request.count * (AUTH_SECRET_BYTES + ID_BYTES))
    return Array.from({ length: request.count }, (_, index) => {
      const start = index * (AUTH_SECRET_BYTES + ID_BYTES)
      const idStart = start + AUTH_SECRET_BYTES
      const authSecret = random.subarray(start, idStart)
      const id = request.idPrefix + random.toString('base64url', idStart, idStart + ID_BYTES)
      return this.#makeOne(id, request, this.#pool.take(), authSecret)
    })
  }

  /** Makes a subscription for a browser's channel. */
  makeForBrowser(channel: Channel, origin: string, vapidKey: string | null): Subscription {
    const id = randomBytes(ID_BYTES).toString('base64url')
    return this.#add({ id, origin, profile: 'mozilla', vapidKey, keys: null, decrypt: 'all', channel })
  }

  /** One that has ended is found too. */
  find(id: string): Subscription | undefined {
    return this.#subscriptions.get(id)
  }

  /** Ends a subscription for good. Returns whether there was one. */
  end(id: string): boolean {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined || subscription.isGone) return false
    subscription.isGone = true
    return true
  }

  #makeOne(id: string, request: BulkRequest, pair: KeyPair, authSecret: Buffer): SubscriptionJson {
    const { origin, profile, vapidKey, decrypt } = request
    const keys = { ecdh: pair.ecdh, publicKey: pair.publicKey, authSecret }
    const made = this.#add({ id, origin, profile, vapidKey, keys, decrypt, channel: null })
    return {
      endpoint: endpointOf(made),
      keys: { p256dh: pair.publicKeyText, auth: authSecret.toString('base64url') },
    }
  }

  #add(fields: Omit<Subscription, 'isGone' | 'decrypted'>): Subscription {
    const subscription = { ...fields, isGone: false, decrypted: 0 }
    this.#subscriptions.set(subscription.id, subscription)
    return subscription
  }
}

/** The URL that a sender posts to. */
export function endpointOf({ origin, id }: Subscription): string {
  return `${origin}${PUSH_PATH}${id}`
}
