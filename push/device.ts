/**
 * Devices and their addresses, as plain types. No parsing here (see address.ts), no storage.
 */

/** The three families of push services. */
export const PLATFORMS = ['fcm', 'apns', 'webpush'] as const
export type Platform = (typeof PLATFORMS)[number]

/** What kind of address a device token is. Kept beside the value because FCM is moving from tokens to FIDs. */
export type AddressKind = 'fcm_token' | 'fcm_fid' | 'apns' | 'webpush'

/** The push service's address of a device. */
export interface Address {
  readonly kind: AddressKind
  /**
   * `fcm_token`, `fcm_fid`: the registration token or installation id. `apns`: the device token in lower-case
   * hex. `webpush`: JSON of {@link WebPushAddress}, keys in that order, so that equal subscriptions are equal text.
   */
  readonly value: string
}

/** The parts of a W3C PushSubscription that a sender needs. Keys are base64url without padding. */
export interface WebPushAddress {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** One device as a ticket hands it out: present truth at the moment of the lease. */
export interface Recipient {
  /** Position in the ticket; stable for the ticket's life. What `settle` reports by. */
  readonly ordinal: number
  readonly deviceId: string
  readonly userId: string | null
  readonly address: Address
  /** 1 for the first attempt. */
  readonly attempt: number
}
