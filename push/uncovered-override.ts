/**
 * Which parts of an `fcm` override show a device something else than the signature covers, so that its SDK would refuse
 * the push. Pure. APNs and Web Push need no such rule: there the signature is made over the payload that the device gets.
 */
import type { JsonObject } from './notification.ts'
import { snakeCaseFields } from './providers/fcm/field-names.ts'
import { isJsonObject } from './providers/merge-json.ts'

/**
 * Each replaces for one kind of device what `notification` and `data` say to all of them
 * (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages).
 */
const UNCOVERED = [
  ['android', 'data'],
  ['android', 'notification', 'title'],
  ['android', 'notification', 'body'],
  ['android', 'notification', 'image'],
  ['apns', 'fcm_options', 'image'],
  ['apns', 'payload', 'aps', 'alert'],
  ['webpush', 'data'],
  ['webpush', 'notification'],
] as const

/** The path of the first such part; null: there is none. */
export function findUncovered(fcm: JsonObject): readonly string[] | null {
  const override = snakeCaseFields(fcm)
  const found = UNCOVERED.find((path) => isThere(override, path))
  if (found !== undefined) return found
  const besideAps = Object.keys(objectAt(override, ['apns', 'payload'])).find((key) => key !== 'aps')
  return besideAps === undefined ? null : ['apns', 'payload', besideAps]
}

function isThere(override: JsonObject, path: readonly string[]): boolean {
  const value = objectAt(override, path.slice(0, -1))[path.at(-1)!]
  return value !== undefined && value !== null
}

function objectAt(override: JsonObject, path: readonly string[]): JsonObject {
  let at = override
  for (const key of path) {
    const next = at[key]
    at = isJsonObject(next) ? next : {}
  }
  return at
}
