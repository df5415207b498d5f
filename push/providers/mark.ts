/**
 * What Fanfare writes into every push so that a device can drop repetitions and keep order. Pure. FCM carries the same
 * as strings, see fcm/payload.ts.
 */
import type { JsonObject } from '../notification.ts'
import type { PushIdentity } from '../provider.ts'

/** The payload with `fanfare_id`, and with `fanfare_seq` if the push is ordered; nobody else's are left in it. */
export function markPayload(payload: JsonObject, { pushId, pushSequence }: PushIdentity): JsonObject {
  const { fanfare_seq: _theirs, ...rest } = payload
  return { ...rest, fanfare_id: pushId, ...(pushSequence !== null && { fanfare_seq: pushSequence }) }
}
