/**
 * The browsers that are devices: their channels, what they have not acknowledged yet, and what they said about the
 * rest. Holds state; speaks through a function that the socket lends it.
 *
 * A push is kept until it is acknowledged or its TTL is over, and sent again after each hello: Firefox drops a version
 * that it has seen, so that is safe.
 */
import { randomBytes } from 'node:crypto'
import { type Ack, type Notification, notificationMessage } from './browser-messages.ts'
import type { Push } from './judge.ts'
import { endpointOf, type Subscriptions } from './subscriptions.ts'
import { isPublicKey, unpadded } from './vapid.ts'

/** Sends one text frame to a browser. */
export type Send = (text: string) => void

/** What a browser reported about a push. Snake case because the control API shows it as it is. */
export interface Receipt {
  /** Epoch ms. */
  readonly at: number
  /** The message's id, as in its `Location`. */
  readonly message_id: string
  /** 100 delivered, 101 could not decrypt, 102 not delivered; 301 to 303: the page's handler failed. */
  readonly code: number
}

interface Waiting extends Notification {
  readonly subscriptionId: string
  readonly topic: string | null
  readonly expiresAt: number
}

interface Browser {
  send: Send | null
  /** Subscription ids by channel. */
  readonly channels: Map<string, string>
  /** By version, oldest first. */
  readonly waiting: Map<string, Waiting>
}

const UAID_BYTES = 16

export class Browsers {
  readonly #subscriptions: Subscriptions
  readonly #origin: () => string
  readonly #browsers = new Map<string, Browser>()
  readonly #receipts = new Map<string, Receipt[]>()
  /** Which subscription a version was for: a nack names only the version. */
  readonly #subscriptionOf = new Map<string, string>()

  /** @param origin where the endpoints of browsers are; asked at the first registration */
  constructor(subscriptions: Subscriptions, origin: () => string) {
    this.#subscriptions = subscriptions
    this.#origin = origin
  }

  /**
   * A browser connects. One that we do not know gets a new name, whereupon it drops its subscriptions.
   *
   * @returns the name it goes by from now on
   */
  connect(uaid: string | null, send: Send): string {
    const known = uaid === null ? undefined : this.#browsers.get(uaid)
    if (uaid !== null && known !== undefined) {
      known.send = send
      return uaid
    }
    const name = randomBytes(UAID_BYTES).toString('hex')
    this.#browsers.set(name, { send, channels: new Map(), waiting: new Map() })
    return name
  }

  /** The connection is gone, unless the browser has opened another one meanwhile. */
  disconnect(uaid: string, send: Send): void {
    const browser = this.#browsers.get(uaid)
    if (browser?.send === send) browser.send = null
  }

  /** Sends again what the browser has not acknowledged. */
  resend(uaid: string, now: number): void {
    const browser = this.#browsers.get(uaid)
    if (browser === undefined) return
    for (const message of browser.waiting.values()) {
      if (message.expiresAt > now) browser.send?.(notificationMessage(message))
      else browser.waiting.delete(message.version)
    }
  }

  /** The endpoint for a channel, the same for the same channel and key; null when the key is not a public key. */
  register(uaid: string, channelId: string, key: string | null): string | null {
    if (key !== null && !isPublicKey(key)) return null
    const vapidKey = key === null ? null : unpadded(key)
    const channels = this.#browsers.get(uaid)!.channels
    const before = this.#subscriptions.find(channels.get(channelId) ?? '')
    if (before !== undefined && before.vapidKey === vapidKey) return endpointOf(before)
    const made = this.#subscriptions.makeForBrowser({ uaid, channelId }, this.#origin(), vapidKey)
    channels.set(channelId, made.id)
    return endpointOf(made)
  }

  unregister(uaid: string, channelId: string): void {
    const channels = this.#browsers.get(uaid)!.channels
    const subscriptionId = channels.get(channelId)
    if (subscriptionId !== undefined) this.#subscriptions.end(subscriptionId)
    channels.delete(channelId)
  }

  /** Hands an accepted push to its browser; nothing to do for subscriptions that no browser made. */
  deliver({ subscription, ttlSeconds, topic }: Push, version: string, body: Buffer, now: number): void {
    const browser = subscription.channel === null ? undefined : this.#browsers.get(subscription.channel.uaid)
    if (subscription.channel === null || browser === undefined) return
    const { channelId } = subscription.channel
    const message = {
      channelId,
      version,
      body,
      topic,
      subscriptionId: subscription.id,
      expiresAt: now + ttlSeconds * 1000,
    }
    if (topic !== null) dropReplaced(browser.waiting, channelId, topic)
    this.#subscriptionOf.set(version, subscription.id)
    // RFC 8030 §5.2: a TTL of 0 is for a browser that is connected at this moment.
    if (ttlSeconds > 0 || browser.send !== null) browser.waiting.set(version, message)
    browser.send?.(notificationMessage(message))
  }

  acknowledge(uaid: string, { version, code }: Ack, now: number): void {
    this.#browsers.get(uaid)!.waiting.delete(version)
    this.report(version, code, now)
  }

  /** Notes what a browser said about a version; of unknown versions nothing is noted. */
  report(version: string, code: number, now: number): void {
    const subscriptionId = this.#subscriptionOf.get(version)
    if (subscriptionId === undefined) return
    const receipt = { at: now, message_id: version, code }
    const receipts = this.#receipts.get(subscriptionId)
    if (receipts === undefined) this.#receipts.set(subscriptionId, [receipt])
    else receipts.push(receipt)
  }

  /** What the browser reported about the pushes of a subscription, in order. */
  receiptsOf(subscriptionId: string): readonly Receipt[] {
    return this.#receipts.get(subscriptionId) ?? []
  }
}

/** RFC 8030 §5.4: a push replaces one of the same topic that has not been acknowledged. */
function dropReplaced(waiting: Map<string, Waiting>, channelId: string, topic: string): void {
  for (const message of waiting.values()) {
    if (message.channelId === channelId && message.topic === topic) waiting.delete(message.version)
  }
}
