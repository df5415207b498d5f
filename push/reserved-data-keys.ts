/**
 * Keys that a sender's `data` may not have, because a push service or Fanfare itself means something by them. Pure.
 */

/**
 * FCM: `from`, `message_type`, `gcm` and everything that starts with `google` or `gcm.notification.`
 * (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode and the typings of its clients name different parts of
 * this). APNs: `aps`, beside which our data is. Fanfare: everything that starts with `fanfare_`.
 */
const RESERVED = /^(?:from|message_type|gcm|gcm\.notification\..*|google.*|aps|fanfare_.*)$/s

/** Whether the key is taken. */
export function isReservedDataKey(key: string): boolean {
  return RESERVED.test(key)
}

/** The first key that is taken, or null. */
export function findReservedDataKey(data: Readonly<Record<string, unknown>>): string | null {
  return Object.keys(data).find(isReservedDataKey) ?? null
}
