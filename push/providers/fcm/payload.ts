/**
 * What an FCM message says, but for its target. Pure. Names are snake_case, which the API takes beside camelCase.
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages.
 */
import type { JsonObject, Message } from '../../notification.ts'
import type { PushIdentity } from '../../provider.ts'
import { buildHandlingHeaders } from '../apns/headers.ts'
import { buildAps } from '../apns/payload.ts'
import { type Lifetime, secondsLeft } from '../lifetime.ts'
import { markPayload } from '../mark.ts'
import { isJsonObject, mergeJson } from '../merge-json.ts'
import { topicOf } from '../webpush/headers.ts'
import { snakeCaseFields } from './field-names.ts'

/** The message's own four ways to say to whom; that is decided by the audience of the send. */
const TARGET_FIELDS = ['token', 'fid', 'topic', 'condition']

/** Longest ttl that FCM takes: four weeks. */
const MAX_TTL_SECONDS = 2_419_200

/** The parts of a ticket that the message depends on. */
export interface FcmContent extends Lifetime, PushIdentity {
  readonly message: Message
}

/**
 * The message of a notification: the same for all its devices. Says for each kind of device behind FCM (Android,
 * iOS, web) what priority, lifetime and replacement mean there, because `android.ttl` binds Android alone. The
 * caller's override has the last word but for the target and our marks, which are strings here:
 * FCM's data carries nothing else.
 */
export function buildFcmMessage(content: FcmContent): JsonObject {
  const { message, pushSequence } = content
  const base = {
    ...buildNotification(message),
    data: { ...message.data, ...(message.url && { fanfare_url: message.url }) },
    android: buildAndroid(content),
    apns: buildApns(content),
    webpush: buildWebPush(content),
  }
  const merged = mergeJson(base, snakeCaseFields(message.fcm))
  for (const field of TARGET_FIELDS) delete merged[field]
  const data = markPayload(isJsonObject(merged.data) ? merged.data : {}, content)
  if (pushSequence !== null) data.fanfare_seq = String(pushSequence)
  return { ...merged, data }
}

function isVisible({ title, body, image }: Message): boolean {
  return title !== undefined || body !== undefined || image !== undefined
}

function buildNotification(message: Message): JsonObject {
  if (!isVisible(message)) return {}
  const { title, body, image } = message
  return {
    notification: {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...(image !== undefined && { image }),
    },
  }
}

function buildAndroid(content: FcmContent): JsonObject {
  const { priority, collapseKey, badge, sound } = content.message
  const notification: JsonObject = {
    // The collapse key replaces what was not delivered yet, the tag what is shown already.
    ...(collapseKey !== undefined && { tag: collapseKey }),
    ...(sound !== undefined && { sound }),
    ...(badge !== undefined && { notification_count: badge }),
  }
  return {
    priority: priority === 'high' ? 'HIGH' : 'NORMAL',
    ttl: `${Math.min(secondsLeft(content), MAX_TTL_SECONDS)}s`,
    ...(collapseKey !== undefined && { collapse_key: collapseKey }),
    ...(isVisible(content.message) && Object.keys(notification).length > 0 && { notification }),
  }
}

/** FCM makes the alert itself from `notification`. A message of data alone may use priority 5 only. */
function buildApns(content: FcmContent): JsonObject {
  const aps = buildAps(content.message)
  const headers = buildHandlingHeaders(aps, content)
  const { alert, ...rest } = aps
  if (Object.keys(aps).length === 0) return { headers, payload: { aps: { 'content-available': 1 } } }
  return { headers, ...(Object.keys(rest).length > 0 && { payload: { aps: rest } }) }
}

function buildWebPush(content: FcmContent): JsonObject {
  const { collapseKey, url, priority } = content.message
  return {
    headers: {
      TTL: String(secondsLeft(content)),
      Urgency: priority,
      ...(collapseKey !== undefined && { Topic: topicOf(collapseKey) }),
    },
    // FCM refuses a link that is not https.
    ...(url?.startsWith('https:') && { fcm_options: { link: url } }),
  }
}
