/** Every call of the API times everybody who may come: each is let in or refused as the table of access says. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ROLE_SCOPES, ROLES, type Scope } from '../../push/roles.ts'
import { ACCESS, grantsOf, rolesFor } from '../../workers/api/access.ts'
import { api } from '../../workers/api/app.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

/** What a token that is bound to nobody may carry at most. */
const APP_TOKEN_SCOPES: readonly Scope[] = ['devices:register', 'topics:manage', 'notifications:send']

const CALLERS = ['nobody', 'root', ...ROLES, 'device', 'app token', 'user token'] as const
type CallerName = (typeof CALLERS)[number]

const NOBODYS = '0'.repeat(29)

let app: Awaited<ReturnType<typeof makeApp>>
let bearers: Readonly<Record<CallerName, string | undefined>>

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

/** What a caller holds, in the words of the table. */
function isLetIn(caller: CallerName, operationId: string): boolean {
  const grants = grantsOf(operationId)
  if (grants.length === 0) return true
  if (caller === 'nobody') return false
  if (caller === 'root' || caller === 'device') return grants.includes(caller)
  return scopesOf(caller).some((scope) => grants.includes(scope))
}

function scopesOf(caller: Exclude<CallerName, 'nobody' | 'root' | 'device'>): readonly Scope[] {
  if (caller === 'app token') return APP_TOKEN_SCOPES
  return caller === 'user token' ? ['devices:register'] : ROLE_SCOPES[caller]
}

/** Names nothing that there is but the app, and that only where it is not deleted. */
function fill({ method, path, operationId }: DocumentedCall): string {
  const ids = {
    '{topic}': 'nowhere',
    '{platform}': 'fcm',
    '{use}': 'links',
    '{id}': `${path.includes('/devices') ? 'dev' : path.includes('/keys') ? 'key' : 'ntf'}_${NOBODYS}`,
  }
  const appId = operationId === 'deleteApp' && method === 'DELETE' ? `app_${NOBODYS}` : app.id
  return Object.entries({ ...ids, '{app}': appId }).reduce((filled, [name, value]) => filled.replace(name, value), path)
}

beforeAll(async () => {
  app = await makeApp()
  const mint = async (body: object) => {
    return (await call('POST', '/v1/tokens', { bearer: app.admin, body: { ttl_seconds: 600, ...body } })).body.token
  }
  const registered = await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })
  bearers = {
    nobody: undefined,
    root: ROOT,
    admin: app.admin,
    sender: app.sender,
    analyst: app.analyst,
    client: app.client,
    device: registered.body.device_key,
    'app token': await mint({ scopes: APP_TOKEN_SCOPES }),
    'user token': await mint({ scopes: ['devices:register'], user_id: 'ada' }),
  }
})

describe('the table of access', () => {
  it('has a row for every call that is documented, and no other', async () => {
    const documented = (await documentedCalls()).map(({ operationId }) => operationId)
    expect(documented.toSorted()).toEqual(Object.keys(ACCESS).toSorted())
  })

  it('leaves out no route that answers, but the reference itself', async () => {
    const documented = new Set((await documentedCalls()).map(({ method, path }) => `${method} ${path}`))
    const mounted = api.routes.filter(({ method }) => method !== 'ALL')
    const others = mounted
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => !documented.has(route))
    expect([...new Set(others)].toSorted()).toEqual([
      'GET /docs',
      'GET /docs/style.css',
      'GET /openapi.json',
      'GET /v1/unsubscribe/style.css',
    ])
  })

  it('says which roles may make a call', () => {
    expect(rolesFor('sendNotification')).toEqual(['admin', 'sender'])
    expect(rolesFor('registerDevice')).toEqual(['admin', 'sender', 'client'])
    expect(rolesFor('createApp')).toEqual([])
    expect(() => grantsOf('toString')).toThrow(RangeError)
  })
})

describe.each(CALLERS)('%s', (caller) => {
  it('may make the calls that the table says, and no other', async () => {
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
