/**
 * What a Web Push says: the JSON that the SDK's service worker shows. Pure.
 */
import type { JsonObject, Message } from '../../notification.ts'
import { mergeJson } from '../merge-json.ts'

/** The payload of a notification: the same for all its devices. The caller's override has the last word but for `fanfare_id`. */
export function buildWebPushPayload(message: Message, notificationId: string): JsonObject {
  const { title, body, image, url, data } = message
  const base = {
    ...(title !== undefined && { title }),
    ...(body !== undefined && { body }),
    ...(image !== undefined && { image }),
    ...(url !== undefined && { url }),
    data: { ...data },
  }
  return { ...mergeJson(base, message.webpush), fanfare_id: notificationId }
}
