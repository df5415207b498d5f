/**
 * FCM takes every field in two namings, and one field in both of them at once is an error. Callers write either.
 * Pure.
 */
import type { JsonObject } from '../../notification.ts'
import { isJsonObject } from '../merge-json.ts'

/** Maps whose keys are the caller's or another service's words, and are left as they are. */
const FREE_MAPS = new Set(['data', 'headers', 'payload'])

/** The message with the API's field names in snake_case; keys inside free maps stay. */
export function snakeCaseFields(message: JsonObject): JsonObject {
  const { webpush, ...rest } = message
  const renamed = renameFields(rest)
  if (webpush === undefined) return renamed
  return { ...renamed, webpush: isJsonObject(webpush) ? snakeCaseWebPush(webpush) : webpush }
}

/** The options of the browser's Notification are not fields of the API (`requireInteraction` stays). */
function snakeCaseWebPush(webpush: JsonObject): JsonObject {
  const { notification, ...rest } = webpush
  return { ...renameFields(rest), ...(notification !== undefined && { notification }) }
}

function renameFields(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
      isJsonObject(value) && !FREE_MAPS.has(name) ? renameFields(value) : value,
    ]),
  )
}
