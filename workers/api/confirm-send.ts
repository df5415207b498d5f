/**
 * A send to very many needs a confirmation, so that a stray call does not push to everybody. Sequences; what a
 * confirmation is worth is push/confirmation.ts. What a send that is no large one costs is what it takes to count it.
 */
import { nameNotification } from '../../durable-objects/notifications.ts'
import { meterOf } from '../../durable-objects/stubs.ts'
import {
  type ConfirmationVerdict,
  type ConfirmedRequest,
  checkConfirmation,
  makeConfirmation,
} from '../../push/confirmation.ts'
import { idTail } from '../../push/ids.ts'
import type { Caller } from './caller.ts'
import { instantOf } from './fields.ts'
import { inTime } from './in-time.ts'
import { recallApp } from './known-apps.ts'
import { ApiProblem } from './problem.ts'
import { requireMasterKeys } from './secrets.ts'

const RETRY_SECONDS = 5

/** Whoever calls with a token is known by the key that minted it, and its user if it has one. */
export function confirmingCaller(caller: Caller): string {
  if (caller.kind === 'key') return caller.keyId
  return caller.kind === 'token' ? `token:${caller.keyId} ${caller.userId ?? ''}` : caller.kind
}

export interface ToConfirm extends ConfirmedRequest {
  readonly idempotencyKey: string | null
  /** The header that came with the request. */
  readonly confirmation: string | null
  readonly now: number
}

/**
 * @param count how many recipients it would have; it gets the number from which on that makes a difference
 * @throws ApiProblem `confirmation_required`, with a confirmation for the same request
 */
export async function requireConfirmation(
  env: Env,
  asked: ToConfirm,
  count: (matters: number) => Promise<number> | number,
): Promise<void> {
  const { appId, now } = asked
  const most = (await recallApp(env, appId, now))?.settings.confirmAboveRecipients ?? null
  if (most === null) return
  const recipients = await count(most)
  if (recipients <= most) return
  const verdict = await judge(env, asked, recipients)
  if (verdict === 'valid') return
  const { text, expiresAt } = await makeConfirmation(masterKeyOf(env), asked, recipients, now)
  const detail = `This would reach ${recipients} recipients. ${SAYINGS[verdict]} Send the same request with the header Fanfare-Confirmation: <confirmation>.`
  throw new ApiProblem('confirmation_required', detail, {
    members: { recipients, confirmation: text, expires_at: instantOf(expiresAt) },
  })
}

type Verdict = ConfirmationVerdict | 'missing' | 'used'

/** A good one is used up by the send that it was shown for: repetitions with its idempotency key are that send. */
async function judge(env: Env, asked: ToConfirm, recipients: number): Promise<Verdict> {
  const { appId, confirmation, now } = asked
  if (confirmation === null) return 'missing'
  const verdict = await checkConfirmation(masterKeyOf(env), asked, confirmation, recipients, now)
  if (verdict !== 'valid') return verdict
  const send = idTail(await nameNotification(asked))
  return (await useOnce(env, appId, confirmation, send)) ? 'valid' : 'used'
}

/** Nobody else knows whether it was used: without the Meter nobody is told that it was not. */
async function useOnce(env: Env, appId: string, confirmation: string, send: string): Promise<boolean> {
  try {
    return await inTime(meterOf(env, appId).useOnce(confirmation, send))
  } catch (cause) {
    const detail = 'Nobody can say now whether the confirmation was used before. Send the same again after Retry-After.'
    throw new ApiProblem('overloaded', detail, { retryAfterSeconds: RETRY_SECONDS, cause })
  }
}

function masterKeyOf(env: Env): string {
  return requireMasterKeys(env)[0]
}

const SAYINGS: Readonly<Record<Exclude<Verdict, 'valid'>, string>> = {
  missing: 'If that is meant, confirm it.',
  expired: 'The confirmation has expired.',
  outgrown: 'The confirmation was for fewer.',
  used: 'The confirmation was used before.',
  forged: 'The confirmation is for another request or another caller.',
}
