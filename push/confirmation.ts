/**
 * The proof that somebody was told how many recipients a send has, and sent it all the same. A signed text, so that
 * nothing is stored until it is used: it holds for one request of one caller, for a few minutes, up to a number of
 * recipients. That it is used once is not known here. Pure WebCrypto: the clock is an argument.
 *
 * `1.<expires>.<most recipients>.<HMAC-SHA-256>`, numbers in base 36, the rest in base64url.
 */
import { base64url } from 'jose'
import { deriveKeyBytes } from './master-key.ts'

/** Long enough for a person to look at the number, short enough that nobody keeps one. */
export const CONFIRMATION_LIFE_MS = 10 * 60_000
/** People subscribe while somebody looks: so much more than was said is confirmed too. */
const GROWTH = 1.1

/** The request that is confirmed. */
export interface ConfirmedRequest {
  readonly appId: string
  /** Who sends: another caller cannot use it. */
  readonly caller: string
  readonly bodyHash: string
}

/** What a text that came with a request is worth. */
export type ConfirmationVerdict = 'valid' | 'expired' | 'outgrown' | 'forged'

/** @throws MasterKeyError */
export async function makeConfirmation(
  masterKey: string,
  request: ConfirmedRequest,
  recipients: number,
  now: number,
): Promise<{ readonly text: string; readonly expiresAt: number }> {
  const expiresAt = now + CONFIRMATION_LIFE_MS
  const head = `1.${expiresAt.toString(36)}.${Math.ceil(recipients * GROWTH).toString(36)}`
  const mac = await crypto.subtle.sign('HMAC', await keyOf(masterKey, request, 'sign'), messageOf(request, head))
  return { text: `${head}.${base64url.encode(new Uint8Array(mac))}`, expiresAt }
}

/** @param recipients how many there are now @throws MasterKeyError */
export async function checkConfirmation(
  masterKey: string,
  request: ConfirmedRequest,
  text: string,
  recipients: number,
  now: number,
): Promise<ConfirmationVerdict> {
  const [, head, expires, most, mac] = /^(1\.([0-9a-z]{1,11})\.([0-9a-z]{1,11}))\.([\w-]{43})$/.exec(text) ?? []
  if (head === undefined) return 'forged'
  const bytes = new Uint8Array(base64url.decode(mac!))
  // One MAC has one spelling (RFC 4648 §3.5): another one would be another text, to be used another time.
  if (base64url.encode(bytes) !== mac) return 'forged'
  const key = await keyOf(masterKey, request, 'verify')
  const isOurs = await crypto.subtle.verify('HMAC', key, bytes, messageOf(request, head))
  if (!isOurs) return 'forged'
  if (now >= Number.parseInt(expires!, 36)) return 'expired'
  return recipients > Number.parseInt(most!, 36) ? 'outgrown' : 'valid'
}

async function keyOf(masterKey: string, { appId }: ConfirmedRequest, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  const bytes = await deriveKeyBytes(masterKey, 'send confirmation v1', appId)
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [usage])
}

function messageOf({ appId, caller, bodyHash }: ConfirmedRequest, head: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify([appId, caller, bodyHash, head])))
}
