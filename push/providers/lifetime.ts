/**
 * How long a push is still worth delivering. Pure.
 */
import type { Message } from '../notification.ts'

/** The parts of a ticket that say so. */
export interface Lifetime {
  readonly message: Pick<Message, 'ttlSeconds'>
  /** Epoch ms; later than the sender's TTL where a push needs a minute to travel through our own queues. */
  readonly expiresAt: number
  /** Epoch ms. */
  readonly now: number
}

/** Whole seconds, as relative TTLs are given: never more than the sender asked for; 0 means now or never. */
export function secondsLeft({ message, expiresAt, now }: Lifetime): number {
  return Math.max(0, Math.min(message.ttlSeconds, Math.floor((expiresAt - now) / 1000)))
}

/** Epoch seconds, as absolute expirations are given. */
export function expirationSeconds({ message, expiresAt, now }: Lifetime): number {
  return Math.floor(Math.min(expiresAt, now + message.ttlSeconds * 1000) / 1000)
}
