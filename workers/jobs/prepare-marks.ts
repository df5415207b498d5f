/** Gets the keys for what the pushes of a ticket carry for their device alone: its signature, its link. Decides nothing. */
import type { Platform } from '../../push/device.ts'
import { ownMarksMaker } from '../../push/own-marks.ts'
import type { OwnMarks, TicketContext } from '../../push/provider.ts'
import { contentFor } from '../../push/read-signed-content.ts'
import { linkKeyOf, signingKeyOf } from '../message-keys.ts'

/** Null: the app did not sign when the send was accepted, and nobody is asked anything. */
export async function prepareMarks(
  env: Env,
  { appId, platform }: { readonly appId: string; readonly platform: Platform },
  context: TicketContext,
): Promise<((deviceId: string) => Promise<OwnMarks>) | null> {
  const { signed, unsubscribe: offer } = context.message
  if (!signed) return null
  const asked = { appId, now: context.now }
  const signingKey = await signingKeyOf(env, asked)
  const links = offer === undefined ? null : { key: await linkKeyOf(env, asked), appId, offer }
  return ownMarksMaker(signingKey, links, context, contentFor(platform, context))
}
