/**
 * `/v1/apps/{app}/credentials`: what an app gives us to speak to push services. Checked before it is stored,
 * sealed when it is stored, and the secret never comes back.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { WebPushCredential } from '../../push/credential.ts'
import { checkApnsCredential, checkFcmCredential, checkWebPushCredential } from '../../push/credential-check.ts'
import { PLATFORMS } from '../../push/device.ts'
import { makeVapidKeys } from '../../push/providers/webpush/vapid.ts'
import { deleteCredential } from '../../schema/d1/credentials.ts'
import { databaseOf } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import {
  apnsAnswer,
  apnsBody,
  apnsCredentialOf,
  credentialAnswer,
  fcmAnswer,
  fcmBody,
  fcmCredentialOf,
  webPushAnswer,
  webPushBody,
} from './credential-body.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { forgetOlder, listStored, noteStored, orInvalid, store, storedPair } from './store-credential.ts'

const TAGS = ['Credentials']
const inApp = z.object({ app: appIdField })
const writeProblems = problems('invalid_credential', 'not_found', 'credentials_key_missing', 'credentials_key_invalid')

export const credentials = newRouter()

credentials.openapi(
  createRoute({
    method: 'put',
    path: '/v1/apps/{app}/credentials/fcm',
    tags: TAGS,
    summary: 'Set the FCM credential',
    description: 'A service account with the role Firebase Cloud Messaging API Admin. It replaces the one before.',
    ...allow('putFcmCredential'),
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
    tags: TAGS,
    summary: 'Set the APNs credential',
    description: 'An authentication key (.p8) of the team. It replaces the one before.',
    ...allow('putApnsCredential'),
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
    tags: TAGS,
    summary: 'Set the Web Push credential',
    description:
      'A VAPID key pair. Browsers bind subscriptions to its public key, so a call without keys keeps the pair that ' +
      'is stored and makes one only if there is none. To rotate, delete the credential first: every subscription is lost.',
    ...allow('putWebPushCredential'),
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
    const credential: WebPushCredential = { ...pair, platform: 'webpush', subject }
    await orInvalid(checkWebPushCredential(credential), '')
    return c.json(webPushAnswer.parse(await store(c, app.id, credential)), 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/credentials',
    tags: TAGS,
    summary: 'List credentials',
    description:
      'Their public parts, and whether sending with them is paused because the push service finds them wrong. Secrets are ' +
      'never shown.',
    ...allow('listCredentials'),
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
    return c.json({ data: await listStored(c.env, app.id), next_cursor: null }, 200)
  },
)

credentials.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/apps/{app}/credentials/{platform}',
    tags: TAGS,
    summary: 'Delete a credential',
    description:
      'Recipients on the platform of later sends settle as `failed` with reason `no_credentials`. Those of sends that ' +
      'are under way stay pending until there is another credential, or expire.',
    ...allow('deleteCredential'),
    request: { params: inApp.extend({ platform: z.enum(PLATFORMS) }) },
    responses: { 204: { description: 'Deleted.' }, ...problems('not_found') },
  }),
  async (c) => {
    const { app: appId, platform } = c.req.valid('param')
    const app = await requireApp(c, appId)
    await noteStored(c, app.id, platform)
    if (!(await deleteCredential(databaseOf(c.env, app.id), app.id, platform))) {
      throw new ApiProblem('not_found', `The app has no ${platform} credential.`, { param: 'platform' })
    }
    await forgetOlder(c.env, { appId: app.id, platform }, Date.now())
    return c.body(null, 204)
  },
)
