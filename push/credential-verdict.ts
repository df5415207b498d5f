/**
 * What is found out about a credential by asking its push service, without sending anything to anybody. The vocabulary, and
 * what both services that are asked have in common; what their answers mean is push/providers/.
 */
import type { Outcome } from './outcome.ts'

export interface CredentialVerdict {
  /** null: nobody knows; `reason` says why, and asking again later may tell. */
  readonly works: boolean | null
  /** The service's own word, or snake_case of ours. */
  readonly reason: string
  /** For a person: what it means, and what to do. */
  readonly detail: string
}

/**
 * What it says of a credential that there is no provider token to be had with it. Only FCM's has to be asked for, from
 * Google; the others are made here, unless the credential was deleted in the same moment.
 */
export function verdictOfMint(outcome: Outcome): CredentialVerdict {
  const reason = 'reason' in outcome ? outcome.reason : outcome.kind
  if (reason === 'no_credentials') return { works: false, reason, detail: 'The credential has just been deleted.' }
  if (outcome.kind !== 'misconfigured') return unknown(reason, 'Google did not say whether it takes the key.')
  const detail =
    'Google takes no assertion of this service account: its key was deleted, the account is gone, or a clock is wrong. ' +
    'Create a new key and set the credential again.'
  return { works: false, reason, detail }
}

/** @param what was the matter, as a sentence */
export function unknown(reason: string, what: string): CredentialVerdict {
  return { works: null, reason, detail: `${what} Check again in a while.` }
}
