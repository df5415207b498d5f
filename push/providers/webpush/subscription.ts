/**
 * A subscription as a ticket needs it, read from its stored text. Several look at each recipient of a ticket (may it be
 * sent to, who signs for it, what is its request), so it is read once for each. Pure but for that memory.
 */
import type { Address, WebPushAddress } from '../../device.ts'

export interface Subscription extends WebPushAddress {
  /** Of the endpoint: what VAPID calls the audience (RFC 8292 §2). */
  readonly origin: string
}

/** By the address as the lease has it: it goes when the lease goes. */
const known = new WeakMap<Address, Subscription>()

/** @param address of kind `webpush` */
export function readSubscription(address: Address): Subscription {
  const read = known.get(address)
  if (read !== undefined) return read
  const stored = JSON.parse(address.value) as WebPushAddress
  const subscription = { ...stored, origin: originOf(stored.endpoint) }
  known.set(address, subscription)
  return subscription
}

/** The origin of an endpoint. */
export function originOf(endpoint: string): string {
  return new URL(endpoint).origin
}
