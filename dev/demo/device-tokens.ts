/**
 * Device tokens that look like those of the services, beginning with what the simulators tell their fate by.
 * The random bytes are an argument.
 */

/** As long as those in the field: an installation id, a colon, and the rest in base64url. */
const FCM_TAIL_BYTES = 102
const FCM_INSTANCE_BYTES = 12
/** 32 bytes, as iOS gives them today. */
const APNS_DIGITS = 64

/** Random bytes that either kind of token takes. */
export const TOKEN_RANDOM_BYTES = FCM_TAIL_BYTES + FCM_INSTANCE_BYTES

export function fcmToken(prefix: string, random: Buffer): string {
  const instance = random.toString('base64url', 0, FCM_INSTANCE_BYTES)
  return `${prefix}${instance}:APA91b${random.toString('base64url', FCM_INSTANCE_BYTES, TOKEN_RANDOM_BYTES)}`
}

/** @param prefix hexadecimal */
export function apnsToken(prefix: string, random: Buffer): string {
  return (prefix + random.toString('hex')).slice(0, APNS_DIGITS)
}
