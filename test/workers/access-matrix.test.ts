/** Every call of the API times everybody who may come: each is let in or refused as the table of access says. */
import { beforeAll, describe, expect, it } from 'vitest'
import { findUnlimitable } from '../../push/rights.ts'
import { ROLE_SCOPES, ROLES, refuseScope, SCOPE_NAMES, type Scope } from '../../push/roles.ts'
import { ACCESS, type Grant, grantsOf, rolesFor } from '../../workers/api/access.ts'
import { api } from '../../workers/api/app.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

/** What a token may carry that is bound to nobody, and to a user. */
const TOKEN_SCOPES = { app: delegable(false), user: delegable(true) }

/** What the topic of every call is, so that limits let it pass. */
const TOPIC = 'nowhere'
const LIMITS = { topics: [TOPIC], categories: ['x'] }
const isLimitable = (scope: Scope) => findUnlimitable({ scopes: [scope], limits: LIMITS }) === null

/** Custom roles: nothing, one scope each, and everything that goes with limits, which take no call away. */
const CUSTOM_ROLES: Readonly<Record<string, { scopes: readonly Scope[]; topics?: string[]; categories?: string[] }>> = {
  'no-scope': { scopes: [] },
  ...Object.fromEntries(SCOPE_NAMES.map((scope) => [scope.replace(':', '-'), { scopes: [scope] }])),
  limited: { scopes: SCOPE_NAMES.filter(isLimitable), ...LIMITS },
}

/** Everybody who may come, and what he holds, in the words of the table. */
const HOLDINGS: Readonly<Record<string, readonly Grant[]>> = {
  nobody: [],
  root: ['root'],
  device: ['device'],
  ...Object.fromEntries(ROLES.map((role) => [role, ROLE_SCOPES[role]])),
  'app token': TOKEN_SCOPES.app,
  'limited token': TOKEN_SCOPES.app.filter(isLimitable),
  'user token': TOKEN_SCOPES.user,
  ...Object.fromEntries(TOKEN_SCOPES.app.map((scope) => [`token for ${scope}`, [scope]])),
  ...Object.fromEntries(Object.entries(CUSTOM_ROLES).map(([role, { scopes }]) => [`role ${role}`, scopes])),
}

/**
 * What `api.use` adds before the routes, by the names of the functions; whatever else takes every method is a route. CORS is
 * the one without a name.
 */
const MIDDLEWARE = [
  'nameRequest',
  'securityHeaders',
  'keepNothing',
  'requireHttps',
  'limitRequests',
  '',
  'methodNotAllowed',
]

const NOBODYS = '0'.repeat(29)

let app: Awaited<ReturnType<typeof makeApp>>
let bearers: Readonly<Record<string, string | undefined>>

interface DocumentedCall {
  readonly method: string
  readonly path: string
  readonly operationId: string
}

async function documentedCalls(): Promise<DocumentedCall[]> {
  const { body } = await call('GET', '/openapi.json')
  const paths = Object.entries<Record<string, { operationId: string }>>(body.paths)
  return paths.flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId }]) => ({ method: method.toUpperCase(), path, operationId })),
  )
}

function delegable(boundToUser: boolean): Scope[] {
  return SCOPE_NAMES.filter((scope) => refuseScope(scope, SCOPE_NAMES, boundToUser) === null)
}

function isLetIn(caller: string, operationId: string): boolean {
  const grants = grantsOf(operationId)
  return grants.length === 0 || HOLDINGS[caller]!.some((held) => grants.includes(held))
}

/** Of the ids that the path is about. */
function prefixIn(path: string): string {
  const prefixes = { '/devices': 'dev', '/keys': 'key', '/webhooks': 'wh' }
  return Object.entries(prefixes).find(([part]) => path.includes(part))?.[1] ?? 'ntf'
}

/** Names nothing that there is but the app, and that only where it is not deleted. */
function fill({ method, path, operationId }: DocumentedCall): string {
  const ids = {
    '{topic}': TOPIC,
    '{role}': 'nobody',
    '{platform}': 'fcm',
    '{use}': 'links',
    '{id}': `${prefixIn(path)}_${NOBODYS}`,
    '{delivery}': `whd_${NOBODYS}`,
  }
  const appId = operationId === 'deleteApp' && method === 'DELETE' ? `app_${NOBODYS}` : app.id
  return Object.entries({ ...ids, '{app}': appId }).reduce((filled, [name, value]) => filled.replace(name, value), path)
}

beforeAll(async () => {
  app = await makeApp()
  const mint = async (body: object) => {
    return (await call('POST', '/v1/tokens', { bearer: app.admin, body: { ttl_seconds: 600, ...body } })).body.token
  }
  const keyOf = async (role: string, definition: object) => {
    await call('PUT', `/v1/apps/${app.id}/roles/${role}`, { bearer: ROOT, body: definition })
    return (await call('POST', `/v1/apps/${app.id}/keys`, { bearer: ROOT, body: { role } })).body.key
  }
  const custom = await Promise.all(
    Object.entries(CUSTOM_ROLES).map(async ([role, definition]) => [`role ${role}`, await keyOf(role, definition)]),
  )
  const forOneScope = await Promise.all(
    TOKEN_SCOPES.app.map(async (scope) => [`token for ${scope}`, await mint({ scopes: [scope] })]),
  )
  const registered = await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })
  bearers = {
    nobody: undefined,
    root: ROOT,
    admin: app.admin,
    sender: app.sender,
    analyst: app.analyst,
    client: app.client,
    device: registered.body.device_key,
    'app token': await mint({ scopes: TOKEN_SCOPES.app }),
    'limited token': await mint({ scopes: TOKEN_SCOPES.app.filter(isLimitable), ...LIMITS }),
    ...Object.fromEntries(custom),
    'user token': await mint({ scopes: TOKEN_SCOPES.user, user_id: 'ada' }),
    ...Object.fromEntries(forOneScope),
  }
})

describe('the table of access', () => {
  it('has a row for every call that is documented, and no other', async () => {
    const documented = (await documentedCalls()).map(({ operationId }) => operationId)
    expect(documented.toSorted()).toEqual(Object.keys(ACCESS).toSorted())
  })

  it('leaves out no route that answers, but the reference itself', async () => {
    const documented = new Set((await documentedCalls()).map(({ method, path }) => `${method} ${path}`))
    const others = api.routes
      .slice(MIDDLEWARE.length)
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => !documented.has(route))
    expect([...new Set(others)].toSorted()).toEqual([
      'GET /docs',
      'GET /docs/style.css',
      'GET /openapi.json',
      'GET /v1/unsubscribe/style.css',
    ])
  })

  it('leaves out what every request goes through first, which answers no call of its own', async () => {
    const first = api.routes.slice(0, MIDDLEWARE.length)
    expect(first.map(({ method, path, handler }) => `${method} ${path} ${handler.name}`.trim())).toEqual(
      MIDDLEWARE.map((name) => `ALL /* ${name}`.trim()),
    )
    const answer = await call('POST', '/v1/no-such-route', { bearer: ROOT, body: {} })
    expect([answer.status, answer.body.code]).toEqual([404, 'route_not_found'])
  })

  it('has a call for every scope, and an admin who holds them all', () => {
    const granted = new Set<Grant>(Object.values(ACCESS).flat())
    expect(SCOPE_NAMES.filter((scope) => !granted.has(scope))).toEqual([])
    expect(ROLE_SCOPES.admin).toEqual(SCOPE_NAMES)
  })

  it('says which roles may make a call', () => {
    expect(rolesFor('sendNotification')).toEqual(['admin', 'sender'])
    expect(rolesFor('registerDevice')).toEqual(['admin', 'sender', 'client'])
    expect(rolesFor('createApp')).toEqual([])
    expect(() => grantsOf('toString')).toThrow(RangeError)
  })
})

describe.each(Object.keys(HOLDINGS))('%s', (caller) => {
  it('may make the calls that the table says, and no other', async () => {
    expect(bearers[caller] === undefined).toBe(caller === 'nobody')
    for (const documented of await documentedCalls()) {
      const { method, operationId } = documented
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      const answer = await call(method, fill(documented), { bearer: bearers[caller], body })
      const refused = caller === 'nobody' ? 401 : 403
      if (isLetIn(caller, operationId)) expect([401, 403], operationId).not.toContain(answer.status)
      else expect([answer.status, answer.body?.data], operationId).toEqual([refused, undefined])
      expect(answer.status, operationId).not.toBe(500)
    }
  })
})
