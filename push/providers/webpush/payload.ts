/**
 * What a Web Push says: the JSON that the SDK's service worker shows. Pure.
 */
import type { JsonObject, Message } from '../../notification.ts'
import type { PushIdentity } from '../../provider.ts'
import { markPayload } from '../mark.ts'
import { mergeJson } from '../merge-json.ts'

/** The payload of a notification: the same for all its devices. The caller's override has the last word but for our marks. */
export function buildWebPushPayload(message: Message, push: PushIdentity): JsonObject {
  const { title, body, image, url, data } = message
  const base = {
    ...(title !== undefined && { title }),
    ...(body !== undefined && { body }),
    ...(image !== undefined && { image }),
    ...(url !== undefined && { url }),
    data: { ...data },
  }
  return markPayload(mergeJson(base, message.webpush), push)
}
