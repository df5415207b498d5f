/**
 * The one minted provider token of a push-service credential, for the whole fleet: Apple refuses a second mint
 * within 20 minutes, Google's token endpoint is asked once an hour, a VAPID header is signed once per push service.
 * Small control state, kept by itty-durable. When to mint is push/minting.ts; how is push/providers/.
 */
import type { Platform } from '../push/device.ts'
import { masterKeysOf } from '../push/master-key.ts'
import { type Minted, mayReuse } from '../push/minting.ts'
import type { Outcome } from '../push/outcome.ts'
import { readCredential } from '../schema/d1/credentials.ts'
import { databaseOf } from '../schema/databases.ts'
import { Durable, durable } from './durable.ts'
import { mint } from './mint.ts'

export interface SignRequest {
  readonly appId: string
  readonly platform: Platform
  /** Origin of the push service for VAPID; '' for the others. */
  readonly audience: string
  /** Version of the credential that the caller knows. */
  readonly version: number
  /** The authorization that a push service just refused, if that is why it asks. */
  readonly refused: string | null
}

export type SignAnswer =
  | {
      readonly kind: 'signed'
      readonly authorization: string
      readonly expiresAt: number
      /** Of the credential that it was minted with; another one than the caller's: the caller's is out of date. */
      readonly version: number
    }
  /** No token to be had; what that means for whoever waits for it. */
  | { readonly kind: 'failed'; readonly outcome: Outcome }

/** One mint in flight per object and audience: callers that come meanwhile wait for the same one. */
const inFlight = new WeakMap<object, Map<string, Promise<SignAnswer>>>()

export class Signer extends Durable {
  /** By audience. */
  minted: Record<string, Minted> = {}

  /** The authorization to use now: the kept one, or a new one where the rules allow and ask for it. */
  async authorize(request: SignRequest): Promise<SignAnswer> {
    const kept = this.minted[request.audience]
    if (kept && mayReuse(kept, request.platform, request, Date.now())) return signed(kept)
    const flights = inFlight.get(this.state) ?? new Map<string, Promise<SignAnswer>>()
    inFlight.set(this.state, flights)
    const flight = flights.get(request.audience) ?? this.mintAnew(request, kept)
    flights.set(request.audience, flight)
    try {
      return await flight
    } finally {
      flights.delete(request.audience)
    }
  }

  async mintAnew(request: SignRequest, kept: Minted | undefined): Promise<SignAnswer> {
    const { appId, platform, audience, refused } = request
    const { env } = this.state
    const stored = await readCredential(databaseOf(env, appId), masterKeysOf(env), appId, platform)
    if (!stored) return { kind: 'failed', outcome: { kind: 'misconfigured', reason: 'no_credentials' } }
    // A caller whose credential is out of date must not make us mint again what we minted with the present one.
    const now = Date.now()
    if (kept && mayReuse(kept, platform, { version: stored.version, refused }, now)) return signed(kept)
    const answer = await mint(stored.credential, audience, env.GOOGLE_TOKEN_URL, now)
    if (answer.kind === 'failed') return answer
    const { authorization, expiresAt } = answer
    const minted: Minted = { authorization, expiresAt, mintedAt: Date.now(), version: stored.version }
    const living = Object.entries(this.minted).filter(([, { expiresAt: endsAt }]) => endsAt > now)
    this.minted = { ...Object.fromEntries(living), [audience]: minted }
    return signed(minted)
  }
}

/** Asks the Signer of a credential. The only caller of `env.SIGNER`. */
export async function authorize(env: Env, request: SignRequest): Promise<SignAnswer> {
  return await durable(env.SIGNER, `${request.appId}/${request.platform}`).authorize(request)
}

function signed({ authorization, expiresAt, version }: Minted): SignAnswer {
  return { kind: 'signed', authorization, expiresAt, version }
}
