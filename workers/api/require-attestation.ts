/**
 * A registration from the open internet, of an app that asks for attestation: the client's word is taken to the provider,
 * and is good once. The app's backend, and whoever it lent the right to bring or change any device, vouches for them itself. Fails closed.
 */
import { base64url } from 'jose'
import { meterOf } from '../../durable-objects/stubs.ts'
import type { AskProvider, Attestation, AttestationProvider } from '../../push/attestation.ts'
import { SealError } from '../../push/sealing.ts'
import { askTurnstile } from './attestation/turnstile.ts'
import { appIdOf, type Caller, vouches } from './caller.ts'
import { recallAttestation } from './known-attestations.ts'
import { ApiProblem } from './problem.ts'

/** A person waits for the app to start. */
const DEADLINE_MS = 5_000
const RETRY_SECONDS = 5

interface Provider {
  readonly ask: AskProvider
  readonly where: (env: Env) => string
  /** What a client calls its word. */
  readonly word: string
}

/** One row a provider. */
const PROVIDERS: Readonly<Record<AttestationProvider, Provider>> = {
  turnstile: {
    ask: askTurnstile,
    where: (env) => env.TURNSTILE_URL,
    word: "a fresh response of the app's Turnstile widget",
  },
}

/** @throws ApiProblem `attestation_required`, `attestation_failed`, `attestation_unavailable` */
export async function requireAttestation(
  env: Env,
  caller: Caller,
  word: string | undefined,
  { address, now }: { readonly address: string | null; readonly now: number },
): Promise<void> {
  if (vouches(caller)) return
  const appId = appIdOf(caller)
  const attestation = await recall(env, appId, now)
  if (attestation === null) return
  const provider = PROVIDERS[attestation.provider]
  const wanted = `Send ${provider.word} as attestation.`
  if (word === undefined) {
    throw new ApiProblem('attestation_required', `This app lets no unknown client register. ${wanted}`, PARAM)
  }
  const verdict = await provider.ask(provider.where(env), attestation.secret, {
    word,
    address,
    deadlineMs: DEADLINE_MS,
  })
  if (verdict.kind === 'unavailable') {
    console.error('a provider of attestation does not say', {
      appId,
      provider: attestation.provider,
      reason: verdict.reason,
    })
    throw new ApiProblem('attestation_unavailable', 'Nobody can say now whether the attestation is good. Try again.', {
      retryAfterSeconds: RETRY_SECONDS,
    })
  }
  if (verdict.kind === 'failed')
    throw new ApiProblem('attestation_failed', `It is not good: ${verdict.reason}. ${wanted}`, PARAM)
  // Turnstile says so too; another provider may not, and two answers may cross.
  if (await meterOf(env, appId).useOnce(await digestOf(word))) return
  throw new ApiProblem('attestation_failed', `It was used before. ${wanted}`, PARAM)
}

/** One that does not open is the operator's to mend, and lets nobody in meanwhile. */
async function recall(env: Env, appId: string, now: number): Promise<Attestation | null> {
  try {
    return await recallAttestation(env, appId, now)
  } catch (cause) {
    if (!(cause instanceof SealError)) throw cause
    throw new ApiProblem('attestation_unavailable', 'The secret of the attestation does not open. Set it again.', {
      cause,
    })
  }
}

const PARAM = { param: '/attestation' }

async function digestOf(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}
