/**
 * Whether a push service takes a Web Push. Sequences the rules and decides nothing by itself; no sockets, no clock, no
 * faults.
 *
 * The order is autopush's: endpoint, VAPID, headers, body.
 */
import type { Exchange } from '../exchange.ts'
import { decrypt, type EncryptedBody, readBody } from './encryption.ts'
import { checkEncoding, checkTopic, checkTtl, checkUrgency } from './header-rules.ts'
import type { Problem } from './problems.ts'
import type { Profile } from './profile.ts'
import { PROFILES } from './profiles.ts'
import { PUSH_PATH, type Subscription, type Subscriptions } from './subscriptions.ts'
import { checkVapid, isLocalSubject } from './vapid.ts'
import type { VapidTokens } from './vapid-tokens.ts'

/** What is judged of an exchange. */
export type PushRequest = Pick<Exchange, 'method' | 'path' | 'headers' | 'body'>

export interface Push {
  readonly subscription: Subscription
  readonly ttlSeconds: number
  readonly topic: string | null
  /** What the browser will see; null when it was not decrypted or there is none. */
  readonly plaintext: Buffer | null
}

/** What the service thinks of a request. `id` is the endpoint's, null when there is none. */
export type Verdict =
  | { readonly problem: null; readonly id: string; readonly push: Push; readonly profile: Profile }
  | { readonly problem: Problem; readonly id: string | null; readonly profile: Profile }

/** RFC 8030: a push service must take 4,096 bytes and need not take more. */
const MAX_BODY_BYTES = 4096

/** Judges a request at a time (epoch ms). */
export function judge(request: PushRequest, subscriptions: Subscriptions, tokens: VapidTokens, now: number): Verdict {
  const subscription = subscriptions.find(idOf(request.path))
  if (subscription === undefined) return { problem: 'unknown_endpoint', id: null, profile: PROFILES.mozilla }
  const { id } = subscription
  const profile = PROFILES[subscription.profile]
  if (subscription.isGone) return { problem: 'gone', id, profile }
  const { vapidKey, problem: badSender } = checkSender(request, subscription, profile, tokens, now)
  const problem = badSender ?? checkHeaders(request, profile)
  if (problem !== null) return { problem, id, profile }
  const opened = openBody(request.body, subscription, vapidKey)
  if (opened.problem !== null) return { problem: opened.problem, id, profile }
  return { problem: null, id, profile, push: describe(request, subscription, profile, opened.plaintext) }
}

/** The id that a path ends with; no subscription has the empty one. */
function idOf(path: string): string {
  return path.startsWith(PUSH_PATH) ? path.slice(PUSH_PATH.length) : ''
}

function describe(
  { headers }: PushRequest,
  subscription: Subscription,
  profile: Profile,
  plaintext: Buffer | null,
): Push {
  const ttlSeconds = Math.min(Number(headers.ttl), profile.maxTtlSeconds)
  return { subscription, ttlSeconds, topic: headers.topic ?? null, plaintext }
}

function checkSender(
  request: PushRequest,
  subscription: Subscription,
  profile: Profile,
  tokens: VapidTokens,
  now: number,
): { readonly vapidKey: string | null; readonly problem: Problem | null } {
  if (request.method !== 'POST') return { vapidKey: null, problem: 'method_not_allowed' }
  const { authorization } = request.headers
  const isAnonymous = authorization === undefined && subscription.vapidKey === null && profile.allowsAnonymous
  if (isAnonymous) return { vapidKey: null, problem: null }
  const { vapid, problem } = tokens.read(authorization)
  if (problem !== null) return { vapidKey: null, problem }
  const unfit = checkVapid(vapid, subscription.origin, subscription.vapidKey, now)
  if (unfit !== null) return { vapidKey: null, problem: unfit }
  const isRefused = profile.refusesLocalSubject && isLocalSubject(vapid.subject)
  return { vapidKey: vapid.publicKey, problem: isRefused ? 'vapid_subject_invalid' : null }
}

function checkHeaders({ headers, body }: PushRequest, profile: Profile): Problem | null {
  return (
    checkTtl(headers.ttl) ??
    (profile.refusesZeroTtl && Number(headers.ttl) === 0 ? 'ttl_zero' : null) ??
    checkTopic(headers.topic) ??
    checkUrgency(headers.urgency) ??
    (body.length > MAX_BODY_BYTES ? 'body_too_large' : null) ??
    (body.length === 0 ? null : checkEncoding(headers['content-encoding'], headers.encryption, headers['crypto-key']))
  )
}

type Opened =
  | { readonly plaintext: Buffer | null; readonly problem: null }
  | { readonly plaintext: null; readonly problem: Problem }

function openBody(bytes: Buffer, subscription: Subscription, vapidKey: string | null): Opened {
  if (bytes.length === 0) return { plaintext: null, problem: null }
  const { body, problem } = readBody(bytes)
  if (problem !== null) return { plaintext: null, problem }
  if (vapidKey !== null && isKey(body, vapidKey)) return { plaintext: null, problem: 'body_key_is_vapid_key' }
  if (subscription.keys === null || (subscription.decrypt === 'first' && subscription.decrypted > 0)) {
    return { plaintext: null, problem: null }
  }
  const plaintext = decrypt(body, subscription.keys)
  if (plaintext === null) return { plaintext, problem: 'body_undecryptable' }
  subscription.decrypted += 1
  return { plaintext, problem: null }
}

/** RFC 8292: the one-time key of the encryption must not be the key of the signature. */
function isKey(body: EncryptedBody, vapidKey: string): boolean {
  return body.senderKey.toString('base64url') === vapidKey
}
