/** firebase-admin, unmodified, sending as its documentation says: multicasts of 500, one after the other. */
import { cert, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging, type MulticastMessage } from 'firebase-admin/messaging'
import { redirectTls } from '../../sim/redirect-tls.ts'
import { MESSAGE, NOTIFICATION_ID } from '../message.ts'
import { serveRuns } from './serve-runs.ts'

export interface FirebaseOptions {
  readonly serviceAccount: Readonly<Record<string, string>>
  readonly tokens: readonly string[]
  /** Port of the simulator that speaks TLS. */
  readonly port: number
  readonly ca: string
  /** HTTP/1.1 instead of HTTP/2. */
  readonly legacyTransport: boolean
}

/** The most that `sendEachForMulticast` takes. */
const TOKENS_PER_MULTICAST = 500

const HOSTS = ['fcm.googleapis.com', 'oauth2.googleapis.com']

await serveRuns<FirebaseOptions>(async ({ serviceAccount, tokens, port, ca, legacyTransport }) => {
  redirectTls({ hosts: HOSTS, port, ca })
  const app = initializeApp({ credential: cert({ ...serviceAccount }) })
  const messaging = getMessaging(app)
  if (legacyTransport) messaging.enableLegacyHttpTransport()
  return {
    pushAll: async () => {
      const message = sameMessage()
      let accepted = 0
      for (let from = 0; from < tokens.length; from += TOKENS_PER_MULTICAST) {
        const chunk = tokens.slice(from, from + TOKENS_PER_MULTICAST)
        accepted += (await messaging.sendEachForMulticast({ ...message, tokens: chunk })).successCount
      }
      return accepted
    },
    close: () => deleteApp(app),
  }
})

/** What push/providers/fcm/payload.ts makes of the same notification. */
function sameMessage(): Omit<MulticastMessage, 'tokens'> {
  const { title, body, url, data, ttlSeconds } = MESSAGE
  const expiration = Math.floor(Date.now() / 1000) + ttlSeconds
  return {
    notification: { title, body },
    data: { ...data, fanfare_url: url!, fanfare_id: NOTIFICATION_ID },
    android: { priority: 'high', ttl: ttlSeconds * 1000 },
    apns: { headers: { 'apns-priority': '10', 'apns-expiration': String(expiration) } },
    webpush: { headers: { TTL: String(ttlSeconds), Urgency: 'high' }, fcmOptions: { link: url } },
  }
}
