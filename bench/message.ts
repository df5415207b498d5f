/** What every contestant sends: a notification of everyday length, the same for all. */
import type { Message } from '../push/notification.ts'

const TITLE = 'Fanfare'
const BODY = 'One send, every device, each of them accounted for.'
const URL = 'https://fanfare.example/news/1'
const DATA = { article: '1' }
const TTL_SECONDS = 3600

/** The body of `POST /v1/notifications`. */
export function notificationTo(topic: string) {
  return { to: { topic }, title: TITLE, body: BODY, url: URL, data: DATA, priority: 'high', ttl_seconds: TTL_SECONDS }
}

/** The same to one device, which makes it urgent: of high priority, and not for a topic. */
export function notificationToDevice(deviceId: string) {
  return { ...notificationTo(''), to: { devices: [deviceId] } }
}

/** The same, as the providers' request builders take it. */
export const MESSAGE: Message = {
  title: TITLE,
  body: BODY,
  url: URL,
  data: DATA,
  priority: 'high',
  ttlSeconds: TTL_SECONDS,
  fcm: {},
  apns: {},
  webpush: {},
}

/** As long as every id of a notification is. */
export const NOTIFICATION_ID = `ntf_${'0'.repeat(29)}`
