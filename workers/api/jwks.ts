/** `/v1/apps/{app}/jwks.json`: the public halves of an app's signing keys (RFC 7517), for whoever verifies. */
import { createRoute, z } from '@hono/zod-openapi'
import { publicJwkOf, SIGNING_USES } from '../../push/app-secret.ts'
import { isId } from '../../push/ids.ts'
import { acceptedSecrets, currentSecret } from '../app-secrets.ts'
import { appIdField } from './app-scope.ts'
import { allow } from './auth.ts'
import { recallApp } from './known-apps.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

/**
 * How long anybody may keep the answer. A key that was withdrawn at once is believed for this much longer by who kept it;
 * five minutes are short for that, and long enough that a crowd of devices mostly asks a cache. Who meets a `kid` that the
 * answer has not asks again, past its caches.
 */
const MAX_AGE_SECONDS = 300

const jwksAnswer = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        x: z.string(),
        y: z.string(),
        kid: z.string().openapi({ description: 'The `kid` of what it verifies.' }),
        use: z.literal('sig'),
        alg: z.literal('ES256'),
      }),
    ),
  })
  .openapi('JsonWebKeySet')

export const jwks = newRouter()

jwks.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/jwks.json',
    tags: ['Secrets'],
    summary: 'The public keys of an app',
    description:
      'As a JSON Web Key Set (RFC 7517): the keys that sign its pushes and its short-lived tokens, retired ones too as long ' +
      'as what they signed is good. May be kept for five minutes; a `kid` that is not in it is a reason to ask again.',
    ...allow('getJwks'),
    request: { params: z.object({ app: appIdField }) },
    responses: {
      200: { description: 'The set.', content: { 'application/jwk-set+json': { schema: jwksAnswer } } },
      ...problems('not_found', 'credentials_key_missing', 'credentials_key_invalid', 'credential_unreadable'),
    },
  }),
  async (c) => {
    const { app: appId } = c.req.valid('param')
    const now = Date.now()
    const app = isId('app', appId) ? await recallApp(c.env, appId, now) : null
    if (app === null) throw new ApiProblem('not_found', `There is no app ${appId}.`, { param: 'app' })
    const headers = {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    }
    return c.json({ keys: await publicKeysOf(c.env, appId, now) }, 200, headers)
  },
)

/** Makes those that the app has not yet: who verifies must find the key before the first thing that it signs arrives. */
async function publicKeysOf(env: Env, appId: string, now: number) {
  const masterKeys = requireMasterKeys(env)
  const ofUses = await Promise.all(
    SIGNING_USES.map(async (use) => {
      await currentSecret(env, { appId, use, masterKeys, now })
      return await acceptedSecrets(env, { appId, use, masterKeys, now })
    }),
  )
  return ofUses.flat().flatMap((secret) => publicJwkOf(secret) ?? [])
}
