/**
 * Requests to Web Push services. The plaintext is built once a ticket and the headers once an origin; each push is
 * then encrypted for its subscription, which is where all the time goes.
 */
import { base64url } from 'jose'
import type { PushRequest } from '../../outcome.ts'
import type { PushTarget, TicketContext } from '../../provider.ts'
import { addOwnMarks } from '../mark.ts'
import { type Entropy, encryptPush, FRESH_ENTROPY } from './encryption.ts'
import { buildWebPushHeaders } from './headers.ts'
import { buildWebPushPayload } from './payload.ts'
import { readSubscription } from './subscription.ts'

/** As whom to push. */
export interface WebPushSender {
  /** The `authorization` for endpoints on an origin, see vapid.ts; every origin of the ticket is known beforehand. */
  readonly authorizationFor: (origin: string) => string
  /** Fresh for each message unless a test brings its own. */
  readonly entropy?: Entropy
}

/**
 * Prepares a ticket; the function returned builds the request of one device. It rejects when the subscription's keys
 * are not keys, which the door does not let in.
 */
export function webPushRequests(
  context: TicketContext,
  { authorizationFor, entropy = FRESH_ENTROPY }: WebPushSender,
): (target: PushTarget) => Promise<PushRequest> {
  const payload = buildWebPushPayload(context.message, context)
  const open = JSON.stringify(payload).slice(0, -1)
  const encoder = new TextEncoder()
  const common = encoder.encode(`${open}}`)
  const headersByOrigin = new Map<string, Readonly<Record<string, string>>>()

  const headersFor = (origin: string) => {
    const known = headersByOrigin.get(origin)
    if (known) return known
    const headers = { authorization: authorizationFor(origin), ...buildWebPushHeaders(origin, context) }
    headersByOrigin.set(origin, headers)
    return headers
  }

  return async ({ address, ownMarks }) => {
    const plaintext = ownMarks === undefined ? common : encoder.encode(`${addOwnMarks(open, ownMarks)}}`)
    const { endpoint, origin, p256dh, auth } = readSubscription(address)
    const keys = { publicKey: decode(p256dh), authSecret: decode(auth) }
    return {
      url: endpoint,
      sharedHeaders: headersFor(origin),
      ownHeaders: null,
      body: await encryptPush(plaintext, keys, entropy),
    }
  }
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(base64url.decode(text))
}
