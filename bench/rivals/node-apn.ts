/** @parse/node-apn, unmodified: one provider, everybody in calls of a few thousand. */
import apn from '@parse/node-apn'
import { type ApnsKey, BUNDLE_ID } from '../app.ts'
import { MESSAGE, NOTIFICATION_ID } from '../message.ts'
import { serveRuns } from './serve-runs.ts'

export interface NodeApnOptions {
  readonly key: ApnsKey
  readonly tokens: readonly string[]
  /** Port of the simulator. */
  readonly port: number
  readonly ca: string
}

/** It is fastest around here: one call for everybody opens a request for everybody at once. */
const TOKENS_PER_SEND = 4_000

await serveRuns<NodeApnOptions>(async ({ key, tokens, port, ca }) => {
  const provider = new apn.Provider({
    token: { key: key.private_key, keyId: key.key_id, teamId: key.team_id },
    address: 'localhost',
    port,
    ca: [Buffer.from(ca)],
  })
  return {
    pushAll: async () => {
      let accepted = 0
      for (let from = 0; from < tokens.length; from += TOKENS_PER_SEND) {
        const { sent } = await provider.send(sameNotification(), tokens.slice(from, from + TOKENS_PER_SEND))
        accepted += sent.length
      }
      return accepted
    },
    close: async () => {
      await provider.shutdown()
    },
  }
})

/** What push/providers/apns/ makes of the same notification. */
function sameNotification(): apn.Notification {
  const { title, body, url, data, ttlSeconds } = MESSAGE
  const notification = new apn.Notification({ ...data, fanfare_url: url, fanfare_id: NOTIFICATION_ID })
  return Object.assign(notification, {
    topic: BUNDLE_ID,
    pushType: 'alert',
    priority: 10,
    expiry: Math.floor(Date.now() / 1000) + ttlSeconds,
    alert: { title, body },
  })
}
