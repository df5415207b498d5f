/** `POST /v1/tokens`: a backend lends a part of its rights for at most an hour, mostly to one user's client. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AccessLimits } from '../../push/access-limits.ts'
import { refuseScope, SCOPE_NAMES, SCOPES, type Scope, type ScopeRefusal } from '../../push/roles.ts'
import { MAX_TOKEN_TTL_SECONDS, mintUserToken } from '../../push/user-token.ts'
import { currentSecret } from '../app-secrets.ts'
import { signingKeyOf } from '../imported-keys.ts'
import { allow } from './auth.ts'
import { appIdOf, type Caller, limitsOf, rightsOf } from './caller.ts'
import { instantField, instantOf, userIdField } from './fields.ts'
import { requireLimitable, requireMayGive } from './give.ts'
import { categoriesLimitField, type LimitsOnTheWire, limitsFromWire, topicsLimitField } from './limit-fields.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'
import { requireMasterKeys } from './secrets.ts'

const delegable = SCOPE_NAMES.filter((scope) => SCOPES[scope].delegation !== 'no_token')

const tokenBody = z
  .strictObject({
    scopes: z
      .array(z.enum(SCOPE_NAMES))
      .min(1)
      .openapi({
        description: `What the token may do. ${delegable.map((scope) => `\`${scope}\`: ${SCOPES[scope].allows}.`).join(' ')}`,
        example: ['devices:register'],
      }),
    ttl_seconds: z.int().min(1).max(MAX_TOKEN_TTL_SECONDS).openapi({ example: 900 }),
    user_id: userIdField
      .optional()
      .openapi({ description: 'Binds the token to a user; then only `devices:register`.' }),
    topics: topicsLimitField.optional(),
    categories: categoriesLimitField.optional(),
  })
  .openapi('NewToken')

const tokenAnswer = z
  .object({
    token: z.string().openapi({ description: 'A bearer for Authorization.', example: 'eyJhbGciOiJFUzI1NiIsInR5cCI6…' }),
    expires_at: instantField,
  })
  .openapi('Token')

export const tokens = newRouter()

tokens.openapi(
  createRoute({
    method: 'post',
    path: '/v1/tokens',
    tags: ['Tokens'],
    summary: 'Mint a short-lived token',
    description:
      'At most the caller’s rights, within the caller’s limits, and none with which something is done that outlives ' +
      'the token: keys, roles, credentials, settings. It ends with its time, and before that with the API key that ' +
      'minted it.',
    ...allow('createToken'),
    request: { body: { required: true, content: { 'application/json': { schema: tokenBody } } } },
    responses: {
      201: { description: 'Minted.', content: { 'application/json': { schema: tokenAnswer } } },
      ...problems('scope_not_allowed', 'credentials_key_missing', 'credentials_key_invalid', 'credential_unreadable'),
    },
  }),
  async (c) => {
    const { scopes, ttl_seconds: ttlSeconds, user_id: userId = null } = c.req.valid('json')
    const { caller } = c.var
    for (const [index, scope] of scopes.entries()) requireScope(caller, scope, userId, index)
    const rights = { scopes: [...new Set(scopes)], limits: narrowed(limitsOf(caller), c.req.valid('json')) }
    requireLimitable(rights, '/scopes')
    requireMayGive(caller, rights, { scopes: '/scopes', topics: '/topics', categories: '/categories' })
    const token = { appId: appIdOf(caller), keyId: keyIdOf(caller), userId, ...rights }
    const now = Date.now()
    const asked = { appId: token.appId, use: 'tokens', masterKeys: requireMasterKeys(c.env), now } as const
    const secret = await currentSecret(c.env, asked)
    const minted = await mintUserToken(await signingKeyOf(secret, now), secret.id, token, { now, ttlSeconds })
    return c.json({ token: minted.text, expires_at: instantOf(minted.expiresAt) }, 201)
  },
)

/** Only keys hold the scope that mints: no token may carry it. */
function keyIdOf(caller: Caller): string {
  if (caller.kind === 'key') return caller.keyId
  throw new ApiProblem('forbidden', 'Tokens are minted with an API key.')
}

const REFUSALS: Readonly<Record<ScopeRefusal, string>> = {
  beyond_caller: 'the caller has not got it',
  not_delegable: 'what is done with it outlives a token',
  not_for_users: 'it reaches beyond one user; leave out user_id, or the scope',
}

/** What the request leaves out is limited as its caller is. */
function narrowed(held: AccessLimits, asked: LimitsOnTheWire): AccessLimits {
  const { topics, categories } = limitsFromWire(asked)
  return { topics: topics ?? held.topics, categories: categories ?? held.categories }
}

function requireScope(caller: Caller, scope: Scope, userId: string | null, index: number): void {
  const refusal = refuseScope(scope, rightsOf(caller).scopes, userId !== null)
  if (refusal === null) return
  const detail = `The token may not carry ${scope}: ${REFUSALS[refusal]}.`
  throw new ApiProblem('scope_not_allowed', detail, { param: `/scopes/${index}` })
}
