/**
 * Every call of the API, given what somebody would send to break it: in its path, its query, its headers, its body. Made
 * from `/openapi.json`, so that a new call is attacked without being asked. What is not taken is refused with a problem, and
 * nothing is our mistake. Which problem, for the calls that there are, is in hostile-bodies and hostile-requests.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { grantsOf, OPERATION_IDS } from '../../workers/api/access.ts'
import { type Called, call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'
import { HOSTILE_VALUES, hostileVariants } from '../workers/hostile-values.ts'
import { type DocumentedCall, documentedCalls } from './documented-calls.ts'

/** One of each kind of trouble; hostile-requests.test.ts has more. */
const HOSTILE_SEGMENTS = [
  '%00',
  '%FF',
  '%2F..%2F..%2F',
  '%ED%A0%80',
  '__proto__',
  "'%20or%201=1--",
  '%0d%0aSet-Cookie:%20a=b',
  `dev_${'u'.repeat(29)}`,
  'x'.repeat(5_000),
]

const HOSTILE_QUERY_VALUES = ['', '%00', '%FF', '-1', '1e400', '__proto__', '%27%20or%201=1--', 'x'.repeat(3_000)]
const HOSTILE_QUERIES = ['__proto__=1', 'a[b]=1', '&&&=', '%', 'constructor.prototype=1', 'limit=1&limit=2']

const HOSTILE_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { Authorization: 'Bearer' },
  { Authorization: 'Basic YTpi' },
  { Authorization: `Bearer ${'.'.repeat(2_000)}` },
  { Authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
  { Authorization: 'Bearer sk___proto__' },
  { 'Content-Type': 'text/html' },
  { 'Content-Type': 'application/json; charset=utf-7' },
  { 'Content-Type': 'multipart/form-data; boundary=' },
  { 'Content-Encoding': 'gzip' },
  { 'Content-Length': '-1' },
  { 'Transfer-Encoding': 'chunked, identity' },
  { 'Idempotency-Key': 'x'.repeat(300) },
  { 'Idempotency-Key': '__proto__' },
  { Origin: 'null' },
  { Origin: 'javascript:alert(1)', 'Access-Control-Request-Method': 'DELETE' },
  { 'X-Request-Id': '"><script>' },
  { 'X-HTTP-Method-Override': 'DELETE' },
  { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http', Forwarded: 'host=evil.example' },
  { Range: 'bytes=0-0,-1,9999999999-' },
  { Expect: '100-continue' },
  { Accept: 'x'.repeat(2_000) },
  { Cookie: '__proto__=1; a="\\' },
]

const BROKEN_BODIES = [
  '',
  '{',
  '[]',
  'null',
  '{} {}',
  '\u0000',
  '{"a":NaN}',
  '['.repeat(100_000),
  '\uFEFF{}',
  'a=b&c=d',
]

/**
 * Of the variants of a body, so many go by: each field meets three or four of the eighteen hostile values, and not the same
 * as its neighbour. hostile-bodies.test.ts leaves none out.
 */
const EVERY = 5

let app: Awaited<ReturnType<typeof makeApp>>
/** What only the operator may do to an app is done to this one: tiny quotas would turn every attack after them into a 429. */
let operated: typeof app
let device: { id: string; device_key: string }
let calls: ReadonlyMap<string, DocumentedCall>
let attacks = 0

beforeAll(async () => {
  app = await makeApp()
  operated = await makeApp()
  device = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
  calls = new Map((await documentedCalls()).map((documented) => [documented.operationId, documented]))
})

describe.each(OPERATION_IDS)('%s', (operationId) => {
  it('takes or refuses whatever comes', async () => {
    const documented = calls.get(operationId)!
    for (const { path, body, headers, what } of attacksOn(documented)) {
      const options = {
        bearer: headers?.Authorization === undefined ? bearerFor(operationId) : undefined,
        body,
        headers,
      }
      expectNoMistake(await call(documented.method, path, options), `${operationId}: ${what}`)
      attacks++
    }
  }, 60_000)
})

describe('all of them together', () => {
  it('are more than three hundred', () => expect(attacks).toBeGreaterThan(300))

  it('have left the app as it was', async () => {
    expect((await call('GET', `/v1/apps/${app.id}`, { bearer: app.admin })).body.name).toBe('Weather')
    expect((await call('GET', `/v1/devices/${device.id}`, { bearer: device.device_key })).status).toBe(200)
  })
})

interface Attack {
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly what: string
}

function* attacksOn(documented: DocumentedCall): Generator<Attack> {
  const fill = fillerFor(documented)
  const path = fill(documented.path)
  const json = documented.body === undefined ? undefined : JSON.stringify(documented.body)
  for (const [, name] of documented.path.matchAll(/\{(\w+)\}/g)) {
    for (const segment of HOSTILE_SEGMENTS) {
      yield { path: fill(documented.path.replace(`{${name}}`, segment)), body: json, what: `${name} ${segment}` }
    }
  }
  for (const { name } of documented.parameters.filter((parameter) => parameter.in === 'query')) {
    for (const value of HOSTILE_QUERY_VALUES) yield { path: `${path}?${name}=${value}`, what: `${name}=${value}` }
  }
  for (const query of HOSTILE_QUERIES) yield { path: `${path}?${query}`, body: json, what: query }
  for (const headers of HOSTILE_HEADERS) yield { path, body: json, headers, what: JSON.stringify(headers) }
  if (documented.mediaType === null) return
  const headers = { 'Content-Type': documented.mediaType }
  for (const body of [...BROKEN_BODIES, ...HOSTILE_VALUES]) yield { path, body, headers, what: `the body ${body}` }
  if (typeof documented.body !== 'object' || documented.body === null) return
  for (const [index, body] of [...hostileVariants(documented.body)].entries()) {
    if (index % EVERY === 0) yield { path, body, headers, what: `the body ${body}` }
  }
}

/** How the path of a call is filled: with what there is, where that does not end what the attacks after it need. */
function fillerFor({ method, operationId }: DocumentedCall): (path: string) => string {
  if (method === 'DELETE' || operationId === 'rotateDeviceKey') return withNobodysNames
  const attacked = isRootOnly(operationId) ? operated : app
  return (path) =>
    withNobodysNames(path.replace('{app}', attacked.id).replace('/devices/{id}', `/devices/${device.id}`))
}

/** Names what nobody has: for calls that would end what the attacks after them need. */
function withNobodysNames(path: string): string {
  const id = '0'.repeat(29)
  const names = {
    '{app}': `app_${id}`,
    '{topic}': 'hostile',
    '{platform}': 'webpush',
    '{use}': 'links',
    '{id}': `ntf_${id}`,
  }
  const filled = Object.entries(names).reduce((text, [name, value]) => text.replaceAll(name, value), path)
  return filled.replaceAll(/\{\w+\}/g, 'x')
}

const isRootOnly = (operationId: string) => {
  const grants = grantsOf(operationId)
  return grants.length > 0 && grants.every((grant) => grant === 'root')
}

/** Whoever the table lets in, so that the attack gets as far as it can. */
function bearerFor(operationId: string): string | undefined {
  const grants = grantsOf(operationId)
  if (grants.length === 0) return undefined
  if (isRootOnly(operationId)) return ROOT
  return grants.every((grant) => grant === 'device') ? device.device_key : app.admin
}

function expectNoMistake({ status, headers, body, text }: Called, what: string) {
  const short = `${what.slice(0, 200)} → ${status} ${text.slice(0, 200)}`
  expect(status, short).toBeLessThan(500)
  expect(headers.get('Set-Cookie'), short).toBeNull()
  expect(text, short).not.toMatch(/\bat \S+ \(|\.ts:\d|node_modules|D1_ERROR|SQLITE/)
  // A page for a reader says in words what is wrong.
  if (status < 400 || headers.get('Content-Type')?.startsWith('text/html')) return
  expect(headers.get('Content-Type'), short).toBe('application/problem+json')
  expect(body, short).toMatchObject({ type: `/docs#error-${body.code}`, status, request_id: expect.any(String) })
}
