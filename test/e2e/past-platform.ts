/** Pushes that Fanfare knows nothing of: repeated by a push service, or sent by whoever stole the VAPID key. */
import assert from 'node:assert/strict'
import webpush, { type PushSubscription } from 'web-push'
import type { VapidKeys } from './app.ts'

/** @throws when the push service does not take it */
export async function pushPastPlatform(to: PushSubscription, payload: object, vapid: VapidKeys): Promise<void> {
  const vapidDetails = { subject: 'mailto:e2e@fanfare.example', ...vapid }
  const details = webpush.generateRequestDetails(to, JSON.stringify(payload), { vapidDetails })
  const { endpoint, method, headers, body } = details
  const response = await fetch(endpoint, { method, headers: headers as Record<string, string>, body: body as BodyInit })
  assert.equal(response.status, 201)
}
