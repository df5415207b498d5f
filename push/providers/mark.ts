/**
 * What Fanfare writes into every push so that a device can drop repetitions and keep order. Pure. FCM carries the same
 * as strings, see fcm/payload.ts.
 */
import type { JsonObject } from '../notification.ts'
import type { OwnMarks, PushIdentity } from '../provider.ts'

/** The payload with `fanfare_id`, and with `fanfare_seq` if the push is ordered; nobody else's are left in it. */
export function markPayload(payload: JsonObject, { pushId, pushSequence }: PushIdentity): JsonObject {
  const { fanfare_seq: _sequence, fanfare_sig: _signature, fanfare_unsubscribe: _link, ...rest } = payload
  return { ...rest, fanfare_id: pushId, ...(pushSequence !== null && { fanfare_seq: pushSequence }) }
}

/**
 * Adds what is a device's own to JSON that was made once for a ticket.
 *
 * @param open an object with a member at least, but for its closing brace
 */
export function addOwnMarks(open: string, marks: OwnMarks | undefined): string {
  return marks === undefined ? open : `${open},${JSON.stringify(marks).slice(1, -1)}`
}
