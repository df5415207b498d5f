/**
 * Mints a provider token: one signature, and for FCM one exchange with Google. Called by the Signer alone. The only
 * fetch of an object: everything else that leaves, leaves from workers/jobs/.
 */
import type { Credential, FcmCredential } from '../push/credential.ts'
import { MINTING } from '../push/minting.ts'
import { type Answer, MAX_ANSWER_BYTES, type Outcome } from '../push/outcome.ts'
import { mintProviderToken } from '../push/providers/apns/provider-token.ts'
import { buildAssertion, readTokenAnswer, tokenRequest } from '../push/providers/fcm/access-token.ts'
import { mintVapidToken, vapidAuthorization } from '../push/providers/webpush/vapid.ts'

export type MintAnswer =
  | { readonly kind: 'minted'; readonly authorization: string; readonly expiresAt: number }
  | { readonly kind: 'failed'; readonly outcome: Outcome }

/** Google answers in well under a second; a ticket waits for this. */
const EXCHANGE_DEADLINE_MS = 10_000

/**
 * @param audience origin of the push service, for VAPID
 * @param tokenUrl where Google exchanges assertions
 */
export async function mint(
  credential: Credential,
  audience: string,
  tokenUrl: string,
  now: number,
): Promise<MintAnswer> {
  const expiresAt = now + MINTING[credential.platform].lifeMs
  switch (credential.platform) {
    case 'fcm':
      return await exchangeAssertion(credential, tokenUrl, now)
    case 'apns':
      return { kind: 'minted', authorization: await mintProviderToken(credential, now), expiresAt }
    case 'webpush': {
      const providerToken = await mintVapidToken(credential, audience, now)
      return { kind: 'minted', authorization: vapidAuthorization(providerToken, credential.publicKey), expiresAt }
    }
  }
}

async function exchangeAssertion(credential: FcmCredential, tokenUrl: string, now: number): Promise<MintAnswer> {
  const { url, sharedHeaders, body } = tokenRequest(tokenUrl, await buildAssertion(credential, now))
  const answer = readTokenAnswer(await post(url, sharedHeaders, body), now)
  if (answer.kind === 'failed') return answer
  return { kind: 'minted', authorization: answer.accessToken, expiresAt: answer.expiresAt }
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: BodyInit): Promise<Answer> {
  const controller = new AbortController()
  // Cleared in any case: a timer that nobody clears keeps an object awake, and billed.
  const deadline = setTimeout(() => controller.abort(), EXCHANGE_DEADLINE_MS)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: controller.signal })
    const text = await response.text()
    const whole = response.ok ? text : text.slice(0, MAX_ANSWER_BYTES)
    return { kind: 'response', status: response.status, headers: Object.fromEntries(response.headers), body: whole }
  } catch (error) {
    console.warn('the exchange of an assertion got no answer', { error: String(error) })
    return { kind: 'no_answer', sent: 'maybe', reason: controller.signal.aborted ? 'timeout' : 'connection_lost' }
  } finally {
    clearTimeout(deadline)
  }
}
