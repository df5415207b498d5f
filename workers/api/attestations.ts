/** `/v1/apps/{app}/attestation`: who has to vouch for the clients of an app before they may register devices. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ATTESTATION_PROVIDERS } from '../../push/attestation.ts'
import { SEAL_IV_BYTES } from '../../push/sealing.ts'
import {
  type DescribedAttestation,
  deleteAttestation,
  describeAttestation,
  writeAttestation,
} from '../../schema/d1/attestations.ts'
import { databaseOf } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import type { ApiEnv } from './context.ts'
import { instantField, instantOf } from './fields.ts'
import { forgetAttestation } from './known-attestations.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

const TAGS = ['Apps']
const PATH = '/v1/apps/{app}/attestation'
const inApp = z.object({ app: appIdField })

/** Turnstile's have 35. */
const MAX_SECRET_CHARACTERS = 256

const attestationBody = z
  .strictObject({
    provider: z.enum(ATTESTATION_PROVIDERS),
    secret: z.string().min(1).max(MAX_SECRET_CHARACTERS).openapi({
      description: 'turnstile: the secret key of the widget. Encrypted at rest, never shown again.',
      example: '1x0000000000000000000000000000000AA',
    }),
  })
  .openapi('NewAttestation')

const attestationAnswer = z
  .object({ provider: z.enum(ATTESTATION_PROVIDERS), updated_at: instantField })
  .openapi('Attestation')

const answers = {
  200: { description: 'Who vouches.', content: { 'application/json': { schema: attestationAnswer } } },
  ...problems('not_found'),
}

export const attestations = newRouter()
  .openapi(
    createRoute({
      method: 'put',
      path: PATH,
      tags: TAGS,
      summary: 'Ask for attestation of registrations',
      description:
        'From then on, elsewhere in the world five seconds later, a client key or a token registers a device only with ' +
        'an `attestation` that the provider calls good. Secret keys register as before.',
      ...allow('putAttestation'),
      request: {
        params: inApp,
        body: { required: true, content: { 'application/json': { schema: attestationBody } } },
      },
      responses: { ...answers, ...problems('not_found', 'credentials_key_missing', 'credentials_key_invalid') },
    }),
    async (c) => {
      const { id } = await requireApp(c, c.req.valid('param').app)
      const body = c.req.valid('json')
      await noteBefore(c, id)
      const now = Date.now()
      const iv = crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES))
      await writeAttestation(databaseOf(c.env, id), id, body, { masterKey: requireMasterKeys(c.env)[0], now, iv })
      forgetAttestation(id)
      const answer = { provider: body.provider, updated_at: instantOf(now) }
      c.var.audit.after(answer)
      return c.json(answer, 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: PATH,
      tags: TAGS,
      summary: 'Read who vouches for clients',
      ...allow('getAttestation'),
      request: { params: inApp },
      responses: answers,
    }),
    async (c) => {
      const { id } = await requireApp(c, c.req.valid('param').app)
      const found = await describeAttestation(databaseOf(c.env, id), id)
      if (found === null) throw noneAsked(id)
      return c.json(attestationToWire(found), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: PATH,
      tags: TAGS,
      summary: 'Ask for no attestation any more',
      ...allow('deleteAttestation'),
      request: { params: inApp },
      responses: { 204: { description: 'Clients register without.' }, ...problems('not_found') },
    }),
    async (c) => {
      const { id } = await requireApp(c, c.req.valid('param').app)
      await noteBefore(c, id)
      const existed = await deleteAttestation(databaseOf(c.env, id), id)
      forgetAttestation(id)
      if (!existed) throw noneAsked(id)
      return c.body(null, 204)
    },
  )

async function noteBefore(c: Context<ApiEnv>, appId: string): Promise<void> {
  const found = await describeAttestation(databaseOf(c.env, appId), appId)
  if (found !== null) c.var.audit.before(attestationToWire(found))
}

function attestationToWire({ provider, updatedAt }: DescribedAttestation) {
  return { provider, updated_at: instantOf(updatedAt) }
}

function noneAsked(appId: string): ApiProblem {
  return new ApiProblem('not_found', `The app ${appId} asks for no attestation.`, { param: 'app' })
}
