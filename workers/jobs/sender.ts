/**
 * What a lease needs to be sent: the credential, the authorization, and the provider's two functions bound to them.
 * Credentials and authorizations are kept in the isolate for a while, so a ticket usually asks nobody.
 */
import type { Lease } from '../../durable-objects/rpc.ts'
import { authorize } from '../../durable-objects/signer.ts'
import type { Credential } from '../../push/credential.ts'
import type { Platform, Recipient } from '../../push/device.ts'
import { checkEndpoint } from '../../push/endpoint-guard.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import { MINTING } from '../../push/minting.ts'
import { parseAllowedHosts } from '../../push/outbound-url.ts'
import type { Answer, Outcome } from '../../push/outcome.ts'
import type { OutcomeReader, RequestBuilder, TicketContext } from '../../push/provider.ts'
import { readApnsOutcome } from '../../push/providers/apns/outcome.ts'
import { apnsRequests } from '../../push/providers/apns/request.ts'
import { readFcmOutcome } from '../../push/providers/fcm/outcome.ts'
import { fcmRequests } from '../../push/providers/fcm/request.ts'
import { readWebPushOutcome } from '../../push/providers/webpush/outcome.ts'
import { webPushRequests } from '../../push/providers/webpush/request.ts'
import { readSubscription } from '../../push/providers/webpush/subscription.ts'
import { forgetCredential, recallCredential } from './known-credentials.ts'
import { prepareMarks } from './prepare-marks.ts'

type Leased = Extract<Lease, { kind: 'leased' }>

export type Sender =
  | {
      readonly kind: 'able'
      readonly build: RequestBuilder
      /** @param now epoch ms */
      readonly read: (answer: Answer, now: number) => Outcome
      /** Why a recipient may not be sent to at all; null: it may. */
      readonly refusal: (recipient: Recipient) => Outcome | null
      /** Whose connections these are: requests of different credentials never share one. */
      readonly pool: string
      /** Of the credential. */
      readonly version: number
      /** The push service refused the authorization of this ticket: the next one asks the Signer for a newer. */
      readonly noteRefused: () => void
    }
  /** Nobody of the lease can be sent to now, and why. `version`: of the credential; null: there is none, or none opens. */
  | { readonly kind: 'unable'; readonly outcome: Outcome; readonly version: number | null }

/** Authorizations an isolate keeps; about 1 kB each. Each says itself when it is to be renewed, within this. */
const AUTHORIZATIONS = { lifeMs: 12 * 60 * 60 * 1000, most: 1_000 }
/** How long one accepted push speaks for its credential: a dead address after that may be a wrong environment. */
const WORKED = { lifeMs: 60 * 60 * 1000, most: 10_000 }
/** A credential that is replaced while a ticket is prepared is read once more. */
const PREPARE_ATTEMPTS = 2

interface KeptAuthorization {
  readonly authorization: string
  readonly version: number
  /** Epoch ms. */
  readonly useUntil: number
  refused: boolean
}

const authorizations = new ExpiringMap<KeptAuthorization>(AUTHORIZATIONS)
const worked = new ExpiringMap<true>(WORKED)

/** @param leastVersion a credential older than this one has been replaced */
export async function prepareSender(env: Env, lease: Leased, leastVersion: number): Promise<Sender> {
  for (let attempt = 1; ; attempt++) {
    const sender = await prepareWith(env, lease, leastVersion)
    if (sender !== 'replaced') return sender
    forgetCredential(lease)
    if (attempt === PREPARE_ATTEMPTS) return { kind: 'unable', outcome: REPLACED, version: null }
  }
}

/** What is said of a ticket when the Signer has another version of the credential than we have, twice. */
const REPLACED: Outcome = { kind: 'later', reason: 'credential_replaced', scope: 'credential', schedule: 'standard' }

async function prepareWith(env: Env, lease: Leased, leastVersion: number): Promise<Sender | 'replaced'> {
  const kept = await recallCredential(env, lease, leastVersion)
  if ('kind' in kept) return { kind: 'unable', outcome: kept, version: null }
  const { version } = kept
  const refusal = refusalFor(env, lease.platform)
  const audiences = new Set(
    lease.platform === 'webpush'
      ? lease.recipients.filter((to) => !refusal(to)).map(({ address }) => readSubscription(address).origin)
      : [''],
  )
  const used: KeptAuthorization[] = []
  const signed = new Map<string, string>()
  for (const audience of audiences) {
    const answer = await keepAuthorization(env, lease, version, audience)
    if (answer === 'replaced') return answer
    if ('kind' in answer) return { kind: 'unable', outcome: answer, version }
    used.push(answer)
    signed.set(audience, answer.authorization)
  }
  const noteRefused = () => {
    for (const authorization of used) authorization.refused = true
  }
  const pool = `${nameOf(lease)}/${version}`
  const { pushId, pushSequence, message, expiresAt } = lease
  const context: TicketContext = { pushId, pushSequence, message, expiresAt, now: Date.now() }
  const mark = await prepareMarks(env, lease, context)
  const common = builderFor(env, kept.credential, signed, context)
  const build: RequestBuilder =
    mark === null ? common : async (to) => await common({ ...to, ownMarks: await mark(to.deviceId) })
  return { kind: 'able', pool, version, build, read: readerFor(lease.platform, pool), refusal, noteRefused }
}

function nameOf({ appId, platform }: Pick<Leased, 'appId' | 'platform'>): string {
  return `${appId}/${platform}`
}

async function keepAuthorization(
  env: Env,
  lease: Leased,
  version: number,
  audience: string,
): Promise<KeptAuthorization | Outcome | 'replaced'> {
  const { appId, platform } = lease
  const name = `${nameOf(lease)}/${audience}`
  const known = authorizations.get(name, Date.now())
  if (known && !known.refused && known.version === version && Date.now() < known.useUntil) return known
  const refused = known?.refused ? known.authorization : null
  const answer = await authorize(env, { appId, platform, audience, version, refused })
  if (answer.kind === 'failed') return answer.outcome
  if (answer.version !== version) return 'replaced'
  const { authorization, expiresAt } = answer
  const kept = { authorization, version, useUntil: expiresAt - MINTING[platform].renewBeforeMs, refused: false }
  authorizations.set(name, kept, Date.now())
  return kept
}

function builderFor(
  env: Env,
  credential: Credential,
  signed: ReadonlyMap<string, string>,
  context: TicketContext,
): RequestBuilder {
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

function readerFor(platform: Platform, pool: string): (answer: Answer, now: number) => Outcome {
  const read = READERS[platform]
  let credentialWorked = worked.get(pool, Date.now()) !== undefined
  return (answer, now) => {
    const outcome = read(answer, { credentialWorked, now })
    if (outcome.kind === 'accepted' && !credentialWorked) {
      credentialWorked = true
      worked.set(pool, true, now)
    }
    return outcome
  }
}

/** An endpoint passed the door when it was registered; what is allowed may have changed since, so it is asked again. */
function refusalFor(env: Env, platform: Platform): (recipient: Recipient) => Outcome | null {
  if (platform !== 'webpush') return () => null
  const allowed = parseAllowedHosts(env.WEBPUSH_ALLOWED_HOSTS)
  const byOrigin = new Map<string, Outcome | null>()
  return (recipient) => {
    const { origin } = readSubscription(recipient.address)
    if (!byOrigin.has(origin)) {
      const fine = checkEndpoint(`${origin}/`, allowed).ok
      byOrigin.set(origin, fine ? null : { kind: 'refused', reason: 'endpoint_not_allowed' })
    }
    return byOrigin.get(origin) ?? null
  }
}
