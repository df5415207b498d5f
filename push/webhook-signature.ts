/**
 * Secrets and signatures of webhooks, as Standard Webhooks defines them:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Pure WebCrypto: the clock and
 * the random bytes are arguments.
 */

/** The specification asks for 24 to 64; SHA-256 gains nothing beyond 32. */
export const WEBHOOK_SECRET_BYTES = 32

const SECRET_PREFIX = 'whsec_'

/** What is signed: the id of the event, when this attempt is made (epoch ms), and the body to the last byte. */
export interface SignedContent {
  readonly id: string
  readonly at: number
  readonly body: string
}

/** As it is shown, once, to whoever has to verify. @param random {@link WEBHOOK_SECRET_BYTES} random bytes */
export function makeWebhookSecret(random: Uint8Array): string {
  return SECRET_PREFIX + btoa(String.fromCharCode(...random))
}

/**
 * The headers of an attempt. Of several secrets each signs, so that a receiver verifies with whichever it has.
 *
 * @param secrets as {@link makeWebhookSecret} makes them
 */
export async function signWebhook(
  { id, at, body }: SignedContent,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000))
  const content = new Uint8Array(new TextEncoder().encode(`${id}.${timestamp}.${body}`))
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, content)))
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

async function sign(secret: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (character) => character.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, content))
  return `v1,${btoa(String.fromCharCode(...signature))}`
}
