/**
 * Whether APNs takes a push. Sequences the rules and decides nothing by itself; no sockets, no clock, no faults.
 *
 * The order is that of pushy's `ValidatingPushNotificationHandler`, so that a request with several mistakes is told
 * the same one: apns-id, method, topic, collapse id, expiration, priority, push type, path and device token,
 * authentication, whether there is such a device, payload.
 */
import type { Exchange } from '../exchange.ts'
import type { Connection } from './connection.ts'
import {
  checkCollapseId,
  checkDeviceToken,
  checkExpiration,
  checkIssued,
  checkMessageId,
  checkMethod,
  checkPath,
  checkPriority,
  checkPushType,
  checkRepetition,
  checkTopic,
  deviceTokenOf,
} from './header-rules.ts'
import { type Payload, readPayload } from './payload-rules.ts'
import { providerTokenOf } from './provider-token.ts'
import type { ProviderTokens } from './provider-tokens.ts'
import { readTopic } from './push-types.ts'
import type { Reason } from './reasons.ts'

/** What is judged of an exchange. */
export type ApnsRequest = Pick<Exchange, 'method' | 'path' | 'headers' | 'body'>

/** What APNs thinks of a request. `deviceToken` is null when the request never named a good one. */
export type Verdict =
  | { readonly reason: null; readonly deviceToken: string; readonly payload: Payload }
  | { readonly reason: Reason; readonly deviceToken: string | null }

/** Judges a request that came over a connection at a time (epoch ms). A good provider token binds the connection. */
export function judge(request: ApnsRequest, connection: Connection, tokens: ProviderTokens, now: number): Verdict {
  const badHeader = findBadHeader(request)
  if (badHeader !== null) return { reason: badHeader, deviceToken: null }
  const deviceToken = deviceTokenOf(request.path)
  const badDeviceToken = checkDeviceToken(deviceToken)
  if (badDeviceToken !== null) return { reason: badDeviceToken, deviceToken: null }
  const forbidden = authorize(request, connection, tokens, now)
  if (forbidden !== null) return { reason: forbidden, deviceToken }
  const unknownDevice = checkIssued(deviceToken)
  if (unknownDevice !== null) return { reason: unknownDevice, deviceToken: null }
  const { payload, reason } = readPayload(request.body, request.headers['apns-push-type'])
  return reason === null ? { reason, deviceToken, payload } : { reason, deviceToken }
}

function findBadHeader({ method, path, headers }: ApnsRequest): Reason | null {
  return (
    checkRepetition(headers) ??
    checkMessageId(headers['apns-id']) ??
    checkMethod(method) ??
    checkTopic(headers['apns-topic']) ??
    checkCollapseId(headers['apns-collapse-id']) ??
    checkExpiration(headers['apns-expiration']) ??
    checkPriority(headers['apns-priority'], headers['apns-push-type']) ??
    checkPushType(headers['apns-push-type']) ??
    checkPath(path)
  )
}

function authorize(
  { headers }: ApnsRequest,
  connection: Connection,
  tokens: ProviderTokens,
  now: number,
): Reason | null {
  const topic = readTopic(headers['apns-topic']!, headers['apns-push-type'])
  if (topic.reason !== null) return topic.reason
  const providerToken = providerTokenOf(headers.authorization)
  if (providerToken === null) return 'MissingProviderToken'
  const { key, reason } = tokens.admit(providerToken, now)
  if (reason !== null) return reason
  const unrelated = connection.admit(key)
  if (unrelated !== null) return unrelated
  return key.bundleIds === null || key.bundleIds.has(topic.bundleId) ? null : 'TopicDisallowed'
}
