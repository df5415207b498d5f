/**
 * What a per-service override may not say: to whom (the audience says it), pictures from inside somebody's network, and in
 * the data of a push what `data` may not say either. Everything else in it is the push service's to judge. Pure.
 */
import type { JsonObject } from '../../push/notification.ts'
import { findInnerPicture } from '../../push/override-images.ts'
import { findReservedDataKey } from '../../push/reserved-data-keys.ts'
import { findUncovered } from '../../push/uncovered-override.ts'
import type { NotificationBody } from './notification-body.ts'
import { ApiProblem } from './problem.ts'
import { fieldProblem, pointerOf } from './validation.ts'

/** The target of an FCM message (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages). */
const FCM_TARGETS = ['token', 'fid', 'topic', 'condition'] as const

const SERVICES = ['fcm', 'apns', 'webpush'] as const

/** Where an FCM message has a map of strings to strings for the app. */
const FCM_DATA_MAPS = [['data'], ['android', 'data'], ['webpush', 'data']] as const

/** @throws ApiProblem `validation_failed` or `reserved_data_key` that names the field */
export function refuseOverrides(overrides: Pick<NotificationBody, 'fcm' | 'apns' | 'webpush'>): void {
  const { fcm = {}, apns = {} } = overrides
  for (const field of FCM_TARGETS) {
    if (field in fcm) throw fieldProblem(['fcm', field], 'the audience is named in /to. Remove it')
  }
  for (const path of FCM_DATA_MAPS) refuseData(fcm, path)
  if (apns.aps !== undefined && apns.aps !== null && !isObject(apns.aps)) {
    throw fieldProblem(['apns', 'aps'], 'must be an object')
  }
  for (const service of SERVICES) refuseInnerPicture(service, overrides[service])
}

function refuseInnerPicture(service: string, override: unknown): void {
  // Parsed from JSON, so nothing else can be in it.
  const path = override === undefined ? null : findInnerPicture(override as JsonObject)
  if (path !== null) throw fieldProblem([service, ...path], 'must name a host of the public internet')
}

/** Of an app that signs: what its devices would not believe is not sent. @throws ApiProblem `validation_failed` */
export function refuseUncovered({ fcm = {} }: Pick<NotificationBody, 'fcm'>): void {
  // Parsed from JSON, so nothing else can be in it.
  const path = findUncovered(fcm as JsonObject)
  if (path === null) return
  const advice = 'says what the signature of this app’s messages does not cover. Use the fields of the notification'
  throw fieldProblem(['fcm', ...path], advice)
}

/** @throws ApiProblem `reserved_data_key` */
export function refuseReservedDataKeys(data: Readonly<Record<string, unknown>>, path: readonly string[]): void {
  const reserved = findReservedDataKey(data)
  if (reserved === null) return
  throw new ApiProblem('reserved_data_key', `The data key ${reserved} is reserved. Rename it.`, {
    param: pointerOf([...path, reserved]),
  })
}

/** `null` is taken: in a merge patch it takes an entry away, or all of them (RFC 7396 §2). */
function refuseData(fcm: Readonly<Record<string, unknown>>, path: readonly string[]): void {
  let data: unknown = fcm
  for (const key of path) data = isObject(data) ? data[key] : undefined
  if (data === undefined || data === null) return
  if (!isObject(data)) throw fieldProblem(['fcm', ...path], 'must be an object of strings')
  for (const [key, value] of Object.entries(data)) {
    if (value === null || typeof value === 'string') continue
    throw fieldProblem(['fcm', ...path, key], 'must be a string; push services carry nothing else')
  }
  refuseReservedDataKeys(data, ['fcm', ...path])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
