/**
 * `/v1/apps/{app}/credentials`: what an app gives us to speak to push services. Checked before it is stored,
 * sealed when it is stored, and the secret never comes back.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Credential, publicPartOf, type WebPushCredential } from '../../push/credential.ts'
import {
  CredentialError,
  checkApnsCredential,
  checkFcmCredential,
  checkWebPushCredential,
} from '../../push/credential-check.ts'
import { CredentialSealError, IV_BYTES } from '../../push/credential-encryption.ts'
import { PLATFORMS } from '../../push/device.ts'
import { makeVapidKeys, type VapidKeys } from '../../push/providers/webpush/vapid.ts'
import {
  deleteCredential,
  listPublicCredentials,
  readCredential,
  writeCredential,
} from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import type { ApiEnv } from './context.ts'
import {
  apnsAnswer,
  apnsBody,
  apnsCredentialOf,
  credentialAnswer,
  credentialToWire,
  fcmAnswer,
  fcmBody,
  fcmCredentialOf,
  webPushAnswer,
  webPushBody,
} from './credential-body.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { credentialsKeyOf } from './secrets.ts'

const TAGS = ['Credentials']
const inApp = z.object({ app: appIdField })
const writeProblems = problems('invalid_credential', 'not_found', 'credentials_key_missing', 'credentials_key_invalid')

export const credentials = newRouter()

credentials.openapi(
  createRoute({
    method: 'put',
    path: '/v1/apps/{app}/credentials/fcm',
    operationId: 'putFcmCredential',
    tags: TAGS,
    summary: 'Set the FCM credential',
    description: 'A service account with the role Firebase Cloud Messaging API Admin. It replaces the one before.',
    ...allow('root', 'app:manage'),
    request: { params: inApp, body: { required: true, content: { 'application/json': { schema: fcmBody } } } },
    responses: {
      200: { description: 'Stored.', content: { 'application/json': { schema: fcmAnswer } } },
      ...writeProblems,
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const credential = fcmCredentialOf(c.req.valid('json'))
    await orInvalid(checkFcmCredential(credential), '/service_account')
    return c.json(fcmAnswer.parse(await store(c, app.id, credential)), 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'put',
    path: '/v1/apps/{app}/credentials/apns',
    operationId: 'putApnsCredential',
    tags: TAGS,
    summary: 'Set the APNs credential',
    description: 'An authentication key (.p8) of the team. It replaces the one before.',
    ...allow('root', 'app:manage'),
    request: { params: inApp, body: { required: true, content: { 'application/json': { schema: apnsBody } } } },
    responses: {
      200: { description: 'Stored.', content: { 'application/json': { schema: apnsAnswer } } },
      ...writeProblems,
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const credential = apnsCredentialOf(c.req.valid('json'))
    await orInvalid(checkApnsCredential(credential), '')
    return c.json(apnsAnswer.parse(await store(c, app.id, credential)), 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'put',
    path: '/v1/apps/{app}/credentials/webpush',
    operationId: 'putWebPushCredential',
    tags: TAGS,
    summary: 'Set the Web Push credential',
    description:
      'A VAPID key pair. Browsers bind subscriptions to its public key, so a call without keys keeps the pair that ' +
      'is stored and makes one only if there is none. To rotate, delete the credential first: every subscription is lost.',
    ...allow('root', 'app:manage'),
    request: { params: inApp, body: { required: true, content: { 'application/json': { schema: webPushBody } } } },
    responses: {
      200: { description: 'Stored.', content: { 'application/json': { schema: webPushAnswer } } },
      ...writeProblems,
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const { subject, public_key: publicKey, private_key: privateKey } = c.req.valid('json')
    const given = publicKey !== undefined && privateKey !== undefined ? { publicKey, privateKey } : null
    const pair = given ?? (await storedPair(c, app.id)) ?? (await makeVapidKeys())
    const credential: WebPushCredential = { platform: 'webpush', subject, ...unpadded(pair) }
    await orInvalid(checkWebPushCredential(credential), '')
    return c.json(webPushAnswer.parse(await store(c, app.id, credential)), 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/credentials',
    operationId: 'listCredentials',
    tags: TAGS,
    summary: 'List credentials',
    description: 'Their public parts. Secrets are never shown.',
    ...allow('root', 'app:manage'),
    request: { params: inApp },
    responses: {
      200: {
        description: 'At most one a platform.',
        content: {
          'application/json': { schema: z.object({ data: z.array(credentialAnswer), next_cursor: z.null() }) },
        },
      },
      ...problems('not_found'),
    },
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const rows = await listPublicCredentials(databaseOf(c.env, app.id), app.id)
    return c.json({ data: rows.map((row) => credentialToWire(row.shown, row.updatedAt)), next_cursor: null }, 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/apps/{app}/credentials/{platform}',
    operationId: 'deleteCredential',
    tags: TAGS,
    summary: 'Delete a credential',
    description: 'Later recipients on the platform settle as `failed` with reason `no_credentials`.',
    ...allow('root', 'app:manage'),
    request: { params: inApp.extend({ platform: z.enum(PLATFORMS) }) },
    responses: { 204: { description: 'Deleted.' }, ...problems('not_found') },
  }),
  async (c) => {
    const { app: appId, platform } = c.req.valid('param')
    const app = await requireApp(c, appId)
    if (await deleteCredential(databaseOf(c.env, app.id), app.id, platform)) return c.body(null, 204)
    throw new ApiProblem('not_found', `The app has no ${platform} credential.`, { param: 'platform' })
  },
)

async function store(c: Context<ApiEnv>, appId: string, credential: Credential) {
  const now = Date.now()
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const how = { credentialsKey: credentialsKeyOf(c.env), now, iv }
  await writeCredential(databaseOf(c.env, appId), appId, credential, how)
  return credentialToWire(publicPartOf(credential), now)
}

async function storedPair(c: Context<ApiEnv>, appId: string): Promise<VapidKeys | null> {
  try {
    const stored = await readCredential(databaseOf(c.env, appId), credentialsKeyOf(c.env), appId, 'webpush')
    return stored?.credential.platform === 'webpush' ? stored.credential : null
  } catch (error) {
    if (!(error instanceof CredentialSealError)) throw error
    throw new ApiProblem('credential_unreadable', 'The stored pair cannot be kept. Send both keys, or delete it first.')
  }
}

function unpadded({ publicKey, privateKey }: VapidKeys): VapidKeys {
  return { publicKey: publicKey.replace(/=+$/, ''), privateKey: privateKey.replace(/=+$/, '') }
}

/** @param pointer where in the body the credential's fields are */
async function orInvalid(check: Promise<void>, pointer: string): Promise<void> {
  try {
    await check
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    const param = `${pointer}/${error.field}`
    throw new ApiProblem('invalid_credential', `${error.field} ${error.message}.`, { param })
  }
}
