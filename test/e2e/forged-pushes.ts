/**
 * What somebody pushes to a browser who has stolen the app's VAPID key and the browser's PushSubscription, knows the app's
 * public keys, and has seen pushes, but has not the key that signs.
 */
import { base64url, generateKeyPair } from 'jose'
import { signMessage } from '../../push/message-signature.ts'
import type { JsonObject } from '../../push/notification.ts'
import { readWebPushContent } from '../../push/read-signed-content.ts'
import { digestContent } from '../../push/signed-content.ts'
import type { Payload } from './simulated-reader.ts'

/** What the thief has seen. */
export interface Loot {
  readonly deviceId: string
  /** The id of the key that the app signs with. */
  readonly kid: string
  /** A push that this browser got. */
  readonly own: Payload
  /** A push that another device of the app got. */
  readonly borrowed: Payload
}

export interface ForgedPush {
  readonly name: string
  readonly payload: Payload
}

/** Tag of the notification that stands for every push that is not believed: sdk/web/service-worker.ts. */
export const NOT_VERIFIED = 'fanfare-not-verified'
/** The title of what the thief makes up. */
export const FORGED_TITLE = 'Your bank'

const HOUR_MS = 3_600_000

/** @param now epoch ms */
export async function forgePushes({ deviceId, kid, own, borrowed }: Loot, now: number): Promise<ForgedPush[]> {
  const { privateKey } = await generateKeyPair('ES256')
  const spoofed = (digit: number) => ({
    title: FORGED_TITLE,
    body: 'Call 0900 1234',
    data: {},
    fanfare_id: `ntf_${String(digit).repeat(29)}`,
  })
  const signAs = async (name: string, payload: Payload) => {
    const digest = await digestContent(readWebPushContent(payload as JsonObject), null)
    const push = { pushId: payload.fanfare_id as string, deviceId }
    return await signMessage({ kid: name, privateKey }, push, { now, expiresAt: now + HOUR_MS }, digest)
  }
  const unsigned = (signature: string) => {
    const header = base64url.encode(JSON.stringify({ alg: 'none', kid, typ: 'fanfare-push+jwt' }))
    return `${header}.${signature.split('.')[1]}.`
  }
  const byThief = await signAs(kid, spoofed(2))
  return [
    { name: 'without a signature', payload: spoofed(1) },
    { name: 'signed by another key in the name of the app’s', payload: { ...spoofed(2), fanfare_sig: byThief } },
    {
      name: 'signed by a key that the app does not publish',
      payload: { ...spoofed(3), fanfare_sig: await signAs(`sec_${'3'.repeat(29)}`, spoofed(3)) },
    },
    { name: 'signed with no algorithm', payload: { ...spoofed(2), fanfare_sig: unsigned(byThief) } },
    { name: 'with other words under its signature', payload: { ...own, title: FORGED_TITLE } },
    { name: 'under another id', payload: { ...own, fanfare_id: spoofed(4).fanfare_id } },
    { name: 'that was signed for another device', payload: borrowed },
  ]
}
