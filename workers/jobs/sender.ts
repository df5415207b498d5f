/**
 * What a lease needs to be sent: the credential, the authorization, and the provider's two functions bound to them.
 * Credentials and authorizations are kept in the isolate for a while, so a ticket usually asks nobody.
 */
import type { Lease } from '../../durable-objects/rpc.ts'
import { authorize } from '../../durable-objects/signer.ts'
import type { Credential } from '../../push/credential.ts'
import { CredentialSealError } from '../../push/credential-encryption.ts'
import type { Platform, Recipient, WebPushAddress } from '../../push/device.ts'
import { checkEndpoint, parseAllowedHosts } from '../../push/endpoint-guard.ts'
import { MasterKeyError } from '../../push/master-key.ts'
import { MINTING } from '../../push/minting.ts'
import type { Answer, Outcome } from '../../push/outcome.ts'
import type { OutcomeReader, RequestBuilder, TicketContext } from '../../push/provider.ts'
import { readApnsOutcome } from '../../push/providers/apns/outcome.ts'
import { apnsRequests } from '../../push/providers/apns/request.ts'
import { readFcmOutcome } from '../../push/providers/fcm/outcome.ts'
import { fcmRequests } from '../../push/providers/fcm/request.ts'
import { readWebPushOutcome } from '../../push/providers/webpush/outcome.ts'
import { originOf, webPushRequests } from '../../push/providers/webpush/request.ts'
import { readCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'

type Leased = Extract<Lease, { kind: 'leased' }>

export type Sender =
  | {
      readonly kind: 'able'
      readonly build: RequestBuilder
      readonly read: (answer: Answer) => Outcome
      /** Why a recipient may not be sent to at all; null: it may. */
      readonly refusal: (recipient: Recipient) => Outcome | null
      /** Whose connections these are: requests of different credentials never share one. */
      readonly pool: string
    }
  /** Nobody of the lease can be sent to now; what that means for them. */
  | { readonly kind: 'unable'; readonly outcome: Outcome }

/** How long an isolate uses a credential before it looks whether it was replaced or deleted. */
const CREDENTIAL_LIFE_MS = 10_000
/** Authorizations an isolate keeps; about 1 kB each. */
const AUTHORIZATIONS_KEPT = 1_000
/** How long one accepted push speaks for its credential: a dead address after that may be a wrong environment. */
const WORKED_FOR_MS = 60 * 60 * 1000

interface KeptCredential {
  readonly version: number
  readonly credential: Credential
  readonly readAt: number
}

const credentials = new Map<string, KeptCredential>()
const authorizations = new Map<string, { authorization: string; version: number; useUntil: number; refused: boolean }>()
const workedAt = new Map<string, number>()

export async function prepareSender(env: Env, lease: Leased): Promise<Sender> {
  const kept = await keepCredential(env, lease.appId, lease.platform)
  if ('kind' in kept) return { kind: 'unable', outcome: kept }
  const refusal = refusalFor(env, lease.platform)
  const audiences = new Set(
    lease.platform === 'webpush' ? lease.recipients.filter((to) => !refusal(to)).map(originOfRecipient) : [''],
  )
  const signed = new Map<string, string>()
  for (const audience of audiences) {
    const answer = await keepAuthorization(env, lease, kept.version, audience)
    if (typeof answer !== 'string') return { kind: 'unable', outcome: answer }
    signed.set(audience, answer)
  }
  const pool = `${lease.appId}/${lease.platform}/${kept.version}`
  const build = builderFor(env, lease, kept.credential, signed)
  return { kind: 'able', pool, build, read: readerFor(lease.platform, pool), refusal }
}

/** A push service refused the authorization of this lease: the next one asks the Signer for a newer. */
export function noteRefused(lease: Leased): void {
  for (const [name, kept] of authorizations) {
    if (name.startsWith(`${lease.appId}/${lease.platform}/`)) kept.refused = true
  }
}

async function keepCredential(env: Env, appId: string, platform: Platform): Promise<KeptCredential | Outcome> {
  const name = `${appId}/${platform}`
  const known = credentials.get(name)
  const now = Date.now()
  if (known && now - known.readAt < CREDENTIAL_LIFE_MS) return known
  credentials.delete(name)
  const stored = await openStored(env, appId, platform)
  if (stored === null) return { kind: 'misconfigured', reason: 'no_credentials' }
  if ('kind' in stored) return stored
  const kept = { ...stored, readAt: now }
  credentials.set(name, kept)
  return kept
}

/** A key of ours that is missing or wrong is the operator's to mend: it is retried, and says so in the ledger. */
async function openStored(env: Env, appId: string, platform: Platform) {
  try {
    return await readCredential(databaseOf(env, appId), env.CREDENTIALS_KEY ?? '', appId, platform)
  } catch (error) {
    if (!(error instanceof MasterKeyError || error instanceof CredentialSealError)) throw error
    console.error('a credential cannot be opened', { appId, platform, error: error.message })
    return { kind: 'later', reason: 'credentials_unreadable', scope: 'credential', schedule: 'standard' } as const
  }
}

async function keepAuthorization(
  env: Env,
  lease: Leased,
  version: number,
  audience: string,
): Promise<string | Outcome> {
  const { appId, platform } = lease
  const name = `${appId}/${platform}/${audience}`
  const known = authorizations.get(name)
  if (known && !known.refused && known.version === version && Date.now() < known.useUntil) return known.authorization
  const refused = known?.refused ? known.authorization : null
  const answer = await authorize(env, { appId, platform, audience, version, refused })
  if (answer.kind === 'failed') return answer.outcome
  if (answer.version !== version) {
    credentials.delete(`${appId}/${platform}`)
    return { kind: 'later', reason: 'credential_replaced', scope: 'credential', schedule: 'standard' }
  }
  if (authorizations.size >= AUTHORIZATIONS_KEPT) authorizations.clear()
  const useUntil = answer.expiresAt - MINTING[platform].renewBeforeMs
  authorizations.set(name, { authorization: answer.authorization, version, useUntil, refused: false })
  return answer.authorization
}

function builderFor(env: Env, lease: Leased, credential: Credential, signed: Map<string, string>): RequestBuilder {
  const { notificationId, message, expiresAt } = lease
  const context: TicketContext = { notificationId, message, expiresAt, now: Date.now() }
  const authorization = signed.get('') ?? ''
  switch (credential.platform) {
    case 'fcm':
      return fcmRequests(context, { baseUrl: env.FCM_URL, projectId: credential.projectId, accessToken: authorization })
    case 'apns': {
      const baseUrl = credential.environment === 'sandbox' ? env.APNS_SANDBOX_URL : env.APNS_URL
      return apnsRequests(context, { baseUrl, bundleId: credential.bundleId, providerToken: authorization })
    }
    case 'webpush':
      return webPushRequests(context, { authorizationFor: (origin) => signed.get(origin) ?? '' })
  }
}

const READERS: Readonly<Record<Platform, OutcomeReader>> = {
  fcm: readFcmOutcome,
  apns: readApnsOutcome,
  webpush: readWebPushOutcome,
}

function readerFor(platform: Platform, pool: string): (answer: Answer) => Outcome {
  const read = READERS[platform]
  return (answer) => {
    const now = Date.now()
    const credentialWorked = now - (workedAt.get(pool) ?? 0) < WORKED_FOR_MS
    const outcome = read(answer, { credentialWorked, now })
    if (outcome.kind === 'accepted') workedAt.set(pool, now)
    return outcome
  }
}

/** An endpoint passed the door when it was registered; what is allowed may have changed since, so it is asked again. */
function refusalFor(env: Env, platform: Platform): (recipient: Recipient) => Outcome | null {
  if (platform !== 'webpush') return () => null
  const allowed = parseAllowedHosts(env.WEBPUSH_ALLOWED_HOSTS)
  const byOrigin = new Map<string, Outcome | null>()
  return (recipient) => {
    const origin = originOfRecipient(recipient)
    if (!byOrigin.has(origin)) {
      const fine = checkEndpoint(`${origin}/`, allowed).ok
      byOrigin.set(origin, fine ? null : { kind: 'refused', reason: 'endpoint_not_allowed' })
    }
    return byOrigin.get(origin) ?? null
  }
}

function originOfRecipient(recipient: Recipient): string {
  return originOf((JSON.parse(recipient.address.value) as WebPushAddress).endpoint)
}
