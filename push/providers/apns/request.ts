/**
 * Requests to APNs. What is common to a ticket is built once (one body, one set of headers); a push then costs its
 * URL and its `apns-id`. Pure and synchronous.
 */
import type { JsonObject } from '../../notification.ts'
import type { PushRequest } from '../../outcome.ts'
import type { PushTarget, TicketContext } from '../../provider.ts'
import { addOwnMarks } from '../mark.ts'
import { apnsIdsOf } from './apns-id.ts'
import { buildHandlingHeaders, buildTypeHeaders } from './headers.ts'
import { buildApnsPayload } from './payload.ts'

/** Where and as whom to push. */
export interface ApnsSender {
  /** Without a slash at its end: `https://api.push.apple.com`. */
  readonly baseUrl: string
  readonly bundleId: string
  /** The JWT of provider-token.ts. */
  readonly providerToken: string
}

/** Prepares a ticket; the function returned builds the request of one device. */
export function apnsRequests(context: TicketContext, sender: ApnsSender): (target: PushTarget) => PushRequest {
  const payload = buildApnsPayload(context.message, context)
  const aps = payload.aps as JsonObject
  const sharedHeaders = {
    authorization: `bearer ${sender.providerToken}`,
    'content-type': 'application/json',
    ...buildTypeHeaders(aps, sender.bundleId),
    ...buildHandlingHeaders(aps, context),
  }
  const open = JSON.stringify(payload).slice(0, -1)
  const path = `${sender.baseUrl}/3/device/`
  const apnsIdOf = apnsIdsOf(context.pushId)
  return ({ deviceId, address, ownMarks }) => ({
    url: path + address.value,
    sharedHeaders,
    ownHeaders: { 'apns-id': apnsIdOf(deviceId) },
    body: `${addOwnMarks(open, ownMarks)}}`,
  })
}
