/**
 * The link that a push to a topic carries, by which its device leaves the topic without any key: a text that says who
 * leaves what, and a MAC over it with the app's `links` secret. Pure: the clock and the key are arguments.
 *
 * `app.device.notification.seconds.mac.topic`, the ids without their prefixes. The topic is last, because it may hold dots.
 */
import { base64url } from 'jose'
import { equalInConstantTime } from './constant-time.ts'

/** So long a link works: in the United States it has to for 30 days (CAN-SPAM, 15 U.S.C. §7704(a)(3)(A)(ii)). */
export const UNSUBSCRIBE_LIFE_MS = 30 * 24 * 3_600_000

/** The clocks of a delivery and of the database differ a little, and a link says whole seconds. */
export const JOINED_BEFORE_TOLERANCE_MS = 60_000

/** 128 bits: nobody can try enough of them, and a push pays for every byte. */
const MAC_BYTES = 16
const MAC_CHARACTERS = 22
const ID = '[0-9a-hjkmnp-tv-z]{29}'
const LINK = new RegExp(`^(${ID})\\.(${ID})\\.(${ID})\\.(\\d{10})\\.([\\w-]{${MAC_CHARACTERS}})\\.(.+)$`)
/** Tells this use of the secret from any other. */
const PURPOSE = 'unsubscribe v1\0'

/** What a link says. */
export interface Unsubscription {
  readonly appId: string
  readonly deviceId: string
  readonly notificationId: string
  readonly topic: string
  /** Epoch ms, a whole second: it ends subscriptions that began up to then, and {@link JOINED_BEFORE_TOLERANCE_MS}. */
  readonly madeAt: number
}

/** Where a push to a topic leads its reader who wants no more of it; decided when the send is accepted. */
export interface UnsubscribeOffer {
  readonly topic: string
  /** Base of the Fanfare API, without a slash at its end. */
  readonly publicUrl: string
}

export async function importLinkKey(hmacKey: string): Promise<CryptoKey> {
  const bytes = new Uint8Array(base64url.decode(hmacKey))
  return await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

export async function makeUnsubscribeLink(key: CryptoKey, said: Unsubscription): Promise<string> {
  return write(said, await macOf(key, said))
}

/** As long as every link to leave the topic is, for counting bytes. */
export function sampleUnsubscribeUrl({ topic, publicUrl }: UnsubscribeOffer): string {
  const [appId, deviceId, notificationId] = ['app', 'dev', 'ntf'].map((prefix) => `${prefix}_${'0'.repeat(29)}`)
  const said = { appId: appId!, deviceId: deviceId!, notificationId: notificationId!, topic, madeAt: 1e12 }
  return unsubscribeUrl(publicUrl, write(said, 'x'.repeat(MAC_CHARACTERS)))
}

export function unsubscribeUrl(publicUrl: string, link: string): string {
  return `${publicUrl}/v1/unsubscribe?link=${encodeURIComponent(link)}`
}

/** What the link claims, untrusted until {@link isGenuine}; null: it is no link of ours. */
export function readUnsubscribeLink(link: string): { readonly said: Unsubscription; readonly mac: string } | null {
  const parts = LINK.exec(link)
  if (parts === null) return null
  const [, app, device, notification, seconds, mac, topic] = parts as unknown as string[]
  const said = {
    appId: `app_${app}`,
    deviceId: `dev_${device}`,
    notificationId: `ntf_${notification}`,
    topic: topic!,
    madeAt: Number(seconds) * 1000,
  }
  return { said, mac: mac! }
}

/** Whether one of the keys made the MAC for exactly this. */
export async function isGenuine(keys: readonly CryptoKey[], said: Unsubscription, mac: string): Promise<boolean> {
  for (const key of keys) if (equalInConstantTime(mac, await macOf(key, said))) return true
  return false
}

function write(said: Unsubscription, mac: string): string {
  const { appId, deviceId, notificationId, topic, madeAt } = said
  const ids = [appId, deviceId, notificationId].map((id) => id.slice(id.indexOf('_') + 1))
  return [...ids, Math.floor(madeAt / 1000), mac, topic].join('.')
}

async function macOf(key: CryptoKey, said: Unsubscription): Promise<string> {
  const text = new TextEncoder().encode(PURPOSE + write(said, ''))
  return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, text)).slice(0, MAC_BYTES))
}
