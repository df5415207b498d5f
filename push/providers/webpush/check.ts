/**
 * Whether an app's VAPID pair can work. There is no push service to ask: each browser's has one of its own, and none takes
 * anything but a push to a subscription. So what can be known without one is looked at. Pure.
 */
import type { WebPushCredential } from '../../credential.ts'
import { CredentialError, checkWebPushCredential } from '../../credential-check.ts'
import type { CredentialVerdict } from '../../credential-verdict.ts'

/** Apple refuses a contact on the sender's own machine (web-push-libs/web-push, `sub` on localhost: BadJwtToken). */
const ON_LOCALHOST = /^(?:mailto:[^@]+@|https:\/\/)(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/i

export async function checkVapidCredential(credential: WebPushCredential): Promise<CredentialVerdict> {
  try {
    await checkWebPushCredential(credential)
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    return { works: false, reason: `bad_${error.field}`, detail: `The stored ${error.field} ${error.message}.` }
  }
  if (ON_LOCALHOST.test(credential.subject)) {
    const detail = "Apple's push service refuses a subject on localhost. Set one that can be reached."
    return { works: false, reason: 'subject_on_localhost', detail }
  }
  const detail =
    'The two keys are a pair, and sign. Web Push has no service that could be asked: that a browser subscribed with this ' +
    'public_key, its push service says at the first push.'
  return { works: true, reason: 'pair_signs', detail }
}
