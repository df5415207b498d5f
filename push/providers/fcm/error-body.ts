/**
 * The error body of Google's APIs (google.rpc.Status as JSON) with the details that FCM puts in. Pure; reads whatever
 * is there and never fails.
 */
import type { Json, JsonObject } from '../../notification.ts'
import { readJsonObject, readReason } from '../answer-body.ts'
import { isJsonObject } from '../merge-json.ts'

/** What FCM said. Null and empty: it did not say. */
export interface FcmError {
  /** FCM's own code. */
  readonly errorCode: string | null
  /** The canonical code of google.rpc. */
  readonly status: string | null
  readonly message: string
  /** `google.rpc.ErrorInfo.reason`. */
  readonly infoReason: string | null
  /** The fields that `google.rpc.BadRequest` names. */
  readonly fields: readonly string[]
  /** Subjects and descriptions of `google.rpc.QuotaFailure`. */
  readonly quotaSubjects: readonly string[]
}

const TYPE_PREFIX = 'type.googleapis.com/'

export function readFcmError(body: string): FcmError {
  const error = objectOf(readJsonObject(body).error)
  const details = listOf(error.details)
  const detail = (type: string) => objectOf(details.find((entry) => entry['@type'] === TYPE_PREFIX + type))
  return {
    errorCode: readReason(detail('google.firebase.fcm.v1.FcmError').errorCode),
    status: readReason(error.status),
    message: typeof error.message === 'string' ? error.message : '',
    infoReason: readReason(detail('google.rpc.ErrorInfo').reason),
    fields: listOf(detail('google.rpc.BadRequest').fieldViolations).flatMap(({ field }) => textOf(field)),
    quotaSubjects: listOf(detail('google.rpc.QuotaFailure').violations).flatMap(({ subject, description }) => [
      ...textOf(subject),
      ...textOf(description),
    ]),
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function textOf(value: Json | undefined): string[] {
  return typeof value === 'string' ? [value] : []
}
