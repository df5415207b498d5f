/**
 * Takes the platform's own requests apart into a plan for the bare loop, so that both send the same bytes but for
 * the device token.
 */
import { type Answer, MAX_ANSWER_BYTES, type PushRequest } from '../../push/outcome.ts'
import type { TicketContext } from '../../push/provider.ts'
import { mintProviderToken } from '../../push/providers/apns/provider-token.ts'
import { apnsRequests } from '../../push/providers/apns/request.ts'
import { buildAssertion, readTokenAnswer, tokenRequest } from '../../push/providers/fcm/access-token.ts'
import { fcmRequests } from '../../push/providers/fcm/request.ts'
import { buildWebPushHeaders } from '../../push/providers/webpush/headers.ts'
import { buildWebPushPayload } from '../../push/providers/webpush/payload.ts'
import { mintVapidToken, vapidAuthorization } from '../../push/providers/webpush/vapid.ts'
import { type AppSecrets, BUNDLE_ID, makeApnsKey } from '../app.ts'
import { MESSAGE, NOTIFICATION_ID } from '../message.ts'
import type { BenchSimulators } from '../simulators.ts'
import type { BarePlan } from './plan.ts'

type Requests = Pick<BarePlan, 'url' | 'headers' | 'before' | 'after'>

/** Stands for a device token where a request is cut. */
const MARK = 'DEVICE_TOKEN'

export function requestsFor(
  service: BarePlan['service'],
  simulators: BenchSimulators,
  secrets: AppSecrets,
): Promise<Requests> {
  switch (service) {
    case 'fcm':
      return fcmPlan(simulators, secrets)
    case 'apns':
      return apnsPlan(simulators)
    case 'webpush':
      return webPushPlan(simulators, secrets)
  }
}

function context(): TicketContext {
  const now = Date.now()
  const expiresAt = now + MESSAGE.ttlSeconds * 1000
  return { pushId: NOTIFICATION_ID, pushSequence: null, message: MESSAGE, expiresAt, now }
}

async function fcmPlan({ addresses }: BenchSimulators, { serviceAccount }: AppSecrets): Promise<Requests> {
  const accessToken = await exchange(addresses.fcm.tokenUrl, serviceAccount)
  const how = { baseUrl: addresses.fcm.url, projectId: serviceAccount.project_id!, accessToken }
  const build = fcmRequests(context(), how)
  const { url, sharedHeaders, body } = build({ deviceId: '', address: { kind: 'fcm_token', value: MARK } })
  const [before, after] = textOf(body).split(MARK) as [string, string]
  return { url, headers: sharedHeaders, before, after }
}

async function exchange(tokenUrl: string, account: Readonly<Record<string, string>>): Promise<string> {
  const { client_email, private_key } = account
  const now = Date.now()
  const assertion = await buildAssertion({ clientEmail: client_email!, privateKey: private_key! }, now)
  const { url, sharedHeaders, body } = tokenRequest(tokenUrl, assertion)
  const response = await fetch(url, { method: 'POST', headers: sharedHeaders, body: textOf(body) })
  const text = (await response.text()).slice(0, MAX_ANSWER_BYTES)
  const answer: Answer = { kind: 'response', status: response.status, headers: {}, body: text }
  const minted = readTokenAnswer(answer, now)
  if (minted.kind === 'minted') return minted.accessToken
  throw new Error(`no access token: ${text}`)
}

async function apnsPlan({ addresses, control }: BenchSimulators): Promise<Requests> {
  const { team_id, key_id, private_key } = await makeApnsKey(control)
  const key = { teamId: team_id, keyId: key_id, privateKey: private_key }
  const providerToken = await mintProviderToken(key, Date.now())
  const build = apnsRequests(context(), { baseUrl: addresses.apns.httpUrl, bundleId: BUNDLE_ID, providerToken })
  const { url, sharedHeaders, body } = build({ deviceId: '', address: { kind: 'apns', value: '' } })
  return { url, headers: sharedHeaders, before: textOf(body), after: '' }
}

async function webPushPlan({ addresses }: BenchSimulators, { vapid }: AppSecrets): Promise<Requests> {
  const origin = new URL(addresses.webpush.url).origin
  const jwt = await mintVapidToken(vapid, origin, Date.now())
  const authorization = vapidAuthorization(jwt, vapid.publicKey)
  const headers = { authorization, ...buildWebPushHeaders(origin, context()) }
  const payload = JSON.stringify(buildWebPushPayload(MESSAGE, { pushId: NOTIFICATION_ID, pushSequence: null }))
  return { url: '', headers, before: payload, after: '' }
}

function textOf(body: PushRequest['body']): string {
  if (typeof body === 'string') return body
  throw new TypeError('this body is text')
}
