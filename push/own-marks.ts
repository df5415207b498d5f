/**
 * What a push of a signing app carries for its device alone: the signature, and the link to leave the topic. Pure but for
 * the cryptography; made when the request of the device is built.
 */
import { type SignedPush, type SigningKey, signMessage } from './message-signature.ts'
import type { OwnMarks, TicketContext } from './provider.ts'
import { digestContent, type SignedContent } from './signed-content.ts'
import { makeUnsubscribeLink, type UnsubscribeOffer, unsubscribeUrl } from './unsubscribe-link.ts'

/** How a ticket's links are made; null: its pushes carry none. */
export interface LinkMaking {
  readonly key: CryptoKey
  readonly appId: string
  readonly offer: UnsubscribeOffer
}

/** Prepares a ticket; the function returned makes the marks of one device. */
export function ownMarksMaker(
  signingKey: SigningKey,
  links: LinkMaking | null,
  context: TicketContext,
  content: SignedContent,
): (deviceId: string) => Promise<OwnMarks> {
  const { pushId, now } = context
  // Without links all devices of the ticket are shown the same.
  const shared = links === null ? digestContent(content, null) : null
  const sign = async (push: SignedPush, digest: Promise<string>) =>
    await signMessage(signingKey, push, context, await digest)

  return async (deviceId) => {
    const push = { pushId, deviceId }
    if (links === null) return { fanfare_sig: await sign(push, shared!) }
    const { key, appId, offer } = links
    const said = { appId, deviceId, notificationId: pushId, topic: offer.topic, madeAt: now }
    const link = unsubscribeUrl(offer.publicUrl, await makeUnsubscribeLink(key, said))
    return { fanfare_unsubscribe: link, fanfare_sig: await sign(push, digestContent(content, link)) }
  }
}
