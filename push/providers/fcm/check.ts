/**
 * Whether FCM takes an app's credential: a message that is only to be validated, to a registration token that nobody has.
 * FCM looks at who sends before it looks at what is sent, so whatever it says against the token speaks for the credential.
 * Pure. Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send (`validate_only`).
 */
import { type CredentialVerdict, unknown } from '../../credential-verdict.ts'
import type { Answer, PushRequest } from '../../outcome.ts'
import { readFcmOutcome } from './outcome.ts'
import type { FcmSender } from './request.ts'

/** Has not the shape of any that Google gives out. */
const NOBODYS_TOKEN = 'fanfare-credential-check'

const MAY_NOT_SEND =
  'The service account may not send for this project: give it the role Firebase Cloud Messaging API Admin there, or set ' +
  'the account of the right project.'

/** What to do, by FCM's word for it. */
const ADVICE: Readonly<Record<string, string>> = {
  SENDER_ID_MISMATCH: 'FCM says that the project of the service account is not the one that devices registered with.',
  THIRD_PARTY_AUTH_ERROR:
    'FCM takes the service account, but the Firebase project has no valid APNs or Web Push credential of its own.',
  PERMISSION_DENIED: MAY_NOT_SEND,
  IAM_PERMISSION_DENIED: MAY_NOT_SEND,
  SERVICE_DISABLED: 'Enable the Firebase Cloud Messaging API in the project.',
  NOT_FOUND: 'Google knows no such project.',
  UNAUTHENTICATED: 'FCM does not take the access token that Google gave for this service account.',
}

/** A status without a word of Google's may come from anybody in between. */
const BARE_STATUS = /^http_/
const SILENCE = 'FCM did not say whether it takes the credential.'

export function fcmCheckRequest({ baseUrl, projectId, accessToken }: FcmSender): PushRequest {
  return {
    url: `${baseUrl}/v1/projects/${encodeURIComponent(projectId)}/messages:send`,
    sharedHeaders: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    ownHeaders: null,
    body: JSON.stringify({ validate_only: true, message: { token: NOBODYS_TOKEN } }),
  }
}

/** @param now epoch ms */
export function readFcmCheck(answer: Answer, now: number): CredentialVerdict {
  const outcome = readFcmOutcome(answer, { credentialWorked: true, now })
  if (outcome.kind === 'accepted') return { works: true, reason: 'validated', detail: 'FCM has validated a message.' }
  const { reason } = outcome
  if (isAboutToken(outcome.kind, reason)) {
    return { works: true, reason, detail: 'FCM takes the credential, and refuses only the made-up device token.' }
  }
  if (BARE_STATUS.test(reason)) return unknown(reason, SILENCE)
  switch (outcome.kind) {
    case 'unregistered':
    case 'misconfigured':
    case 'renew':
      return { works: false, reason, detail: ADVICE[reason] ?? 'FCM refuses the credential.' }
    default:
      return unknown(reason, SILENCE)
  }
}

/** A word of FCM's own against the message or its target. */
function isAboutToken(kind: string, reason: string): boolean {
  if (kind === 'unregistered') return reason !== 'SENDER_ID_MISMATCH'
  return kind === 'refused' && reason.startsWith('INVALID_ARGUMENT')
}
