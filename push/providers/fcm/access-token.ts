/**
 * How a service account gets an access token from Google: an assertion that it signs, the request that exchanges it,
 * and what the answer means (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account). No I/O.
 */
import { SignJWT } from 'jose'
import type { Answer, Outcome, PushRequest } from '../../outcome.ts'
import { readJsonObject, readReason, reasonOfStatus } from '../answer-body.ts'
import { importPrivateKey } from '../private-key.ts'
import { readRetryAfterSeconds } from '../retry-after.ts'

/** What of Google's service-account JSON is needed. */
export interface ServiceAccount {
  readonly clientEmail: string
  /** PEM. */
  readonly privateKey: string
  /** Becomes `kid`; Google finds the key without it too. */
  readonly privateKeyId?: string | null
}

export type TokenAnswer =
  /** `expiresAt` in epoch ms. */
  | { readonly kind: 'minted'; readonly accessToken: string; readonly expiresAt: number }
  /** What becomes of the pushes that wait for it. */
  | { readonly kind: 'failed'; readonly outcome: Outcome }

/** The least that suffices for sending. */
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
/** Names Google's endpoint wherever the request really goes. */
const AUDIENCE = 'https://oauth2.googleapis.com/token'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** The most that Google takes. */
const ASSERTION_LIFETIME_SECONDS = 3600
/** What Google gives when it does not say. */
const ACCESS_TOKEN_LIFETIME_SECONDS = 3600

/**
 * The signed assertion, to be exchanged at once.
 *
 * @param now epoch ms
 * @throws when the private key is not an RSA key in PKCS#8
 */
export async function buildAssertion(account: ServiceAccount, now: number): Promise<string> {
  const iat = Math.floor(now / 1000)
  const exp = iat + ASSERTION_LIFETIME_SECONDS
  return new SignJWT({ iss: account.clientEmail, scope: SCOPE, aud: AUDIENCE, iat, exp })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(account.privateKeyId && { kid: account.privateKeyId }) })
    .sign(await importPrivateKey(account.privateKey, 'RS256'))
}

/** The exchange (RFC 7523 §2.1). */
export function tokenRequest(tokenUrl: string, assertion: string): PushRequest {
  return {
    url: tokenUrl,
    sharedHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
    ownHeaders: null,
    body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString(),
  }
}

/**
 * Reads the answer of the token endpoint, whose body the transport must keep.
 *
 * @param now epoch ms
 */
export function readTokenAnswer(answer: Answer, now: number): TokenAnswer {
  // Nothing was pushed yet, so trying again is safe whatever became of the exchange.
  if (answer.kind === 'no_answer') return failed({ kind: 'unanswered', reason: answer.reason, sent: 'no' })
  const { status, headers } = answer
  const { access_token, expires_in, error } = readJsonObject(answer.body)
  const reason = readReason(error) ?? `token_${reasonOfStatus(status)}`
  if (status === 200 && typeof access_token === 'string' && access_token !== '') {
    const lifetimeSeconds = typeof expires_in === 'number' ? expires_in : ACCESS_TOKEN_LIFETIME_SECONDS
    return { kind: 'minted', accessToken: access_token, expiresAt: now + lifetimeSeconds * 1000 }
  }
  // 400 invalid_grant, 401 deleted_client, …: the account, its key or the clock. 404 and 3xx: not Google's endpoint.
  if (status >= 300 && status < 500 && status !== 408 && status !== 429)
    return failed({ kind: 'misconfigured', reason })
  return failed({
    kind: 'later',
    reason,
    scope: 'credential',
    schedule: status === 429 ? 'quota' : 'standard',
    retryAfterSeconds: readRetryAfterSeconds(headers, now),
  })
}

function failed(outcome: Outcome): TokenAnswer {
  return { kind: 'failed', outcome }
}
