/**
 * A send to very many needs a confirmation, so that a stray call does not push to everybody. Sequences; what a
 * confirmation is worth is push/confirmation.ts. A send that can be no large one costs nothing here.
 */
import {
  type ConfirmationVerdict,
  type ConfirmedRequest,
  checkConfirmation,
  makeConfirmation,
} from '../../push/confirmation.ts'
import type { Audience } from '../../push/notification.ts'
import type { Caller } from './caller.ts'
import { countRecipients } from './count-recipients.ts'
import { instantOf } from './fields.ts'
import { recallApp } from './known-apps.ts'
import { ApiProblem } from './problem.ts'
import { requireMasterKeys } from './secrets.ts'

/** Whoever calls with a token is known by the key that minted it, and its user if it has one. */
export function confirmingCaller(caller: Caller): string {
  if (caller.kind === 'key') return caller.keyId
  return caller.kind === 'token' ? `token:${caller.keyId} ${caller.userId ?? ''}` : caller.kind
}

interface Asked extends ConfirmedRequest {
  readonly audience: Audience
  /** The header that came with the request. */
  readonly confirmation: string | null
  readonly now: number
}

/** @throws ApiProblem `confirmation_required`, with a confirmation for the same request */
export async function requireConfirmation(env: Env, asked: Asked): Promise<void> {
  const { appId, audience, confirmation, now } = asked
  const most = (await recallApp(env, appId, now))?.settings.confirmAboveRecipients ?? null
  if (most === null) return
  const recipients = await countRecipients(env, appId, audience, { matters: most, now })
  if (recipients <= most) return
  const [masterKey] = requireMasterKeys(env)
  const verdict =
    confirmation === null ? 'missing' : await checkConfirmation(masterKey, asked, confirmation, recipients, now)
  if (verdict === 'valid') return
  const { text, expiresAt } = await makeConfirmation(masterKey, asked, recipients, now)
  const detail = `This would reach ${recipients} recipients. ${SAYINGS[verdict]} Send the same request with the header Fanfare-Confirmation: <confirmation>.`
  throw new ApiProblem('confirmation_required', detail, {
    members: { recipients, confirmation: text, expires_at: instantOf(expiresAt) },
  })
}

const SAYINGS: Readonly<Record<Exclude<ConfirmationVerdict, 'valid'> | 'missing', string>> = {
  missing: 'If that is meant, confirm it.',
  expired: 'The confirmation has expired.',
  outgrown: 'The confirmation was for fewer.',
  forged: 'The confirmation is for another request or another caller.',
}
