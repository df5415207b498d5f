/**
 * Requests to FCM HTTP v1. What is common to a ticket is built once: its JSON is a text before the target and a text
 * behind it, and a push costs putting them together. Pure and synchronous.
 */
import type { AddressKind } from '../../device.ts'
import type { PushRequest } from '../../outcome.ts'
import type { PushTarget, TicketContext } from '../../provider.ts'
import { addOwnMarks } from '../mark.ts'
import { buildFcmMessage } from './payload.ts'

/** Where and as whom to send. */
export interface FcmSender {
  /** Without a slash at its end: `https://fcm.googleapis.com`. */
  readonly baseUrl: string
  readonly projectId: string
  /** What Google gave for the assertion of access-token.ts. */
  readonly accessToken: string
}

/** Prepares a ticket; the function returned builds the request of one device. */
export function fcmRequests(context: TicketContext, sender: FcmSender): (target: PushTarget) => PushRequest {
  const url = `${sender.baseUrl}/v1/projects/${encodeURIComponent(sender.projectId)}/messages:send`
  const sharedHeaders = { authorization: `Bearer ${sender.accessToken}`, 'content-type': 'application/json' }
  const { data, ...rest } = buildFcmMessage(context)
  // Never an empty object: data.fanfare_id is always there, so a comma joins it to the target. Its data is the last
  // member and left open, for what is the device's own.
  const behindTarget = `,${JSON.stringify({ ...rest, data }).slice(1, -2)}`
  return ({ address, ownMarks }) => {
    const target = `"${targetField(address.kind)}":${JSON.stringify(address.value)}`
    return {
      url,
      sharedHeaders,
      ownHeaders: null,
      body: `{"message":{${target}${addOwnMarks(behindTarget, ownMarks)}}}}`,
    }
  }
}

/** Installation ids are taking the place of registration tokens; both are targets side by side. */
function targetField(kind: AddressKind): string {
  return kind === 'fcm_fid' ? 'fid' : 'token'
}
