/**
 * Asks a push service whether it takes an app's credential, by the same way as pushes and with the same provider token: one
 * more mint than the rules allow would be worse than not knowing. What is asked and what the answer means is
 * push/providers/<service>/check.ts.
 */
import { authorize } from '../../durable-objects/signer.ts'
import type { ApnsCredential, FcmCredential } from '../../push/credential.ts'
import { type CredentialVerdict, verdictOfMint } from '../../push/credential-verdict.ts'
import type { Platform } from '../../push/device.ts'
import type { MasterKeys } from '../../push/master-key.ts'
import type { Answer, PushRequest } from '../../push/outcome.ts'
import { apnsCheckRequest, readApnsCheck } from '../../push/providers/apns/check.ts'
import { readApnsOutcome } from '../../push/providers/apns/outcome.ts'
import { fcmCheckRequest, readFcmCheck } from '../../push/providers/fcm/check.ts'
import { readFcmOutcome } from '../../push/providers/fcm/outcome.ts'
import { checkVapidCredential } from '../../push/providers/webpush/check.ts'
import { readCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import { chooseWayOut } from './way-out.ts'

/** Both ways out give a push service ten seconds; a busy egress may keep the request as long again. */
const DEADLINE_MS = 20_000

/** Null: the app has no credential for the platform. @throws MasterKeyError, SealError */
export async function checkCredential(
  env: Env,
  masterKeys: MasterKeys,
  appId: string,
  platform: Platform,
): Promise<CredentialVerdict | null> {
  const stored = await readCredential(databaseOf(env, appId), masterKeys, appId, platform)
  if (stored === null) return null
  const { credential, version } = stored
  if (credential.platform === 'webpush') return await checkVapidCredential(credential)
  return await askService(env, appId, credential, version)
}

/** A provider token that is refused as too old is asked for anew, once: the Signer knows whether that is allowed. */
async function askService(
  env: Env,
  appId: string,
  credential: FcmCredential | ApnsCredential,
  version: number,
): Promise<CredentialVerdict> {
  const { platform } = credential
  const read = platform === 'fcm' ? readFcmOutcome : readApnsOutcome
  let refused: string | null = null
  for (;;) {
    const signed = await authorize(env, { appId, platform, audience: '', version, refused })
    if (signed.kind === 'failed') return verdictOfMint(signed.outcome)
    const request = requestOf(env, credential, signed.authorization)
    const answer = await carryOne(env, request, `${appId}/${platform}/${signed.version}`)
    const now = Date.now()
    const tooOld = read(answer, { credentialWorked: true, now }).kind === 'renew'
    if (!tooOld || refused !== null) return platform === 'fcm' ? readFcmCheck(answer, now) : readApnsCheck(answer)
    refused = signed.authorization
  }
}

function requestOf(env: Env, credential: FcmCredential | ApnsCredential, authorization: string): PushRequest {
  if (credential.platform === 'fcm') {
    return fcmCheckRequest({ baseUrl: env.FCM_URL, projectId: credential.projectId, accessToken: authorization })
  }
  const baseUrl = credential.environment === 'sandbox' ? env.APNS_SANDBOX_URL : env.APNS_URL
  const { bundleId } = credential
  return apnsCheckRequest({ baseUrl, bundleId, providerToken: authorization }, `check ${crypto.randomUUID()}`)
}

const TIMED_OUT: Answer = { kind: 'no_answer', sent: 'maybe', reason: 'timeout' }

async function carryOne(env: Env, request: PushRequest, pool: string): Promise<Answer> {
  const { transport } = chooseWayOut(env)
  const { promise: answered, resolve: answerWith } = Promise.withResolvers<Answer>()
  let isOver = false
  const deadline = setTimeout(() => {
    isOver = true
    answerWith(TIMED_OUT)
  }, DEADLINE_MS)
  const note = (_index: number, answer: Answer) => {
    answerWith(answer)
    return 'fine' as const
  }
  try {
    const carried = transport.carry(
      1,
      () => request,
      note,
      pool,
      () => !isOver,
    )
    return await Promise.race([answered, carried.then(() => answered)])
  } finally {
    clearTimeout(deadline)
  }
}
