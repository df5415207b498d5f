/**
 * What an APNs push says: the `aps` dictionary and the keys beside it. Pure. Apple ignores foreign keys inside `aps`
 * (usernotifications/generating-a-remote-notification), so ours and the caller's go beside it.
 */
import type { JsonObject, Message } from '../../notification.ts'
import type { PushIdentity } from '../../provider.ts'
import { markPayload } from '../mark.ts'
import { isJsonObject, mergeJson } from '../merge-json.ts'

/** The payload of a notification: the same for all its devices. The caller's override has the last word but for our marks. */
export function buildApnsPayload(message: Message, push: PushIdentity): JsonObject {
  const { url, image, data } = message
  const base = {
    aps: buildAps(message),
    ...data,
    ...(url && { fanfare_url: url }),
    ...(image && { fanfare_image: image }),
  }
  const merged = mergeJson(base, message.apns)
  const aps = isJsonObject(merged.aps) ? merged.aps : {}
  return markPayload({ ...merged, aps: isSilent(aps) ? { ...aps, 'content-available': 1 } : aps }, push)
}

/** Apple's own keys, before any override. */
export function buildAps(message: Message): JsonObject {
  const { title, body, image, badge, sound, signed } = message
  const alerts = title !== undefined || body !== undefined
  return {
    ...(alerts && {
      alert: { ...(title !== undefined && { title }), ...(body !== undefined && { body }) },
    }),
    ...(badge !== undefined && { badge }),
    ...(sound !== undefined && { sound }),
    // Lets the app's notification service extension load the picture, or verify, before the alert is shown.
    ...((image !== undefined || (signed && alerts)) && { 'mutable-content': 1 }),
  }
}

/** Whether nothing in it is shown or heard: such a push only wakes the app, and must say so with `content-available`. */
export function isSilent(aps: JsonObject): boolean {
  return aps.alert === undefined && aps.badge === undefined && aps.sound === undefined && !isLiveActivity(aps)
}

/** Whether it starts, updates or ends a Live Activity. */
export function isLiveActivity(aps: JsonObject): boolean {
  return aps.event !== undefined || aps['content-state'] !== undefined
}
