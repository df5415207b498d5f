/** web-push, unmodified, over kept-alive connections, a number of pushes at a time. */
import { Agent } from 'node:https'
import webPush from 'web-push'
import { buildWebPushPayload } from '../../push/providers/webpush/payload.ts'
import type { VapidIdentity } from '../../push/providers/webpush/vapid.ts'
import type { Subscription } from '../audience.ts'
import { MESSAGE, NOTIFICATION_ID } from '../message.ts'
import { serveRuns } from './serve-runs.ts'

export interface WebPushOptions {
  readonly vapid: VapidIdentity
  readonly subscriptions: readonly Subscription[]
  readonly ca: string
}

/** It speaks HTTP/1.1, so each of these is a connection. */
const IN_FLIGHT = 50

await serveRuns<WebPushOptions>(async ({ vapid, subscriptions, ca }) => {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: IN_FLIGHT })
  const payload = JSON.stringify(buildWebPushPayload(MESSAGE, { pushId: NOTIFICATION_ID, pushSequence: null }))
  const options = { vapidDetails: vapid, TTL: MESSAGE.ttlSeconds, urgency: MESSAGE.priority, agent } as const
  return {
    pushAll: async () => {
      let accepted = 0
      let next = 0
      const runLane = async () => {
        while (next < subscriptions.length) {
          const { statusCode } = await webPush.sendNotification(subscriptions[next++]!, payload, options)
          if (statusCode === 201) accepted++
        }
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, runLane))
      return accepted
    },
    close: async () => agent.destroy(),
  }
})
