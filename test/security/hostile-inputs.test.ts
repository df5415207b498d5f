/**
 * Every call of the API, given what somebody would send to break it: in its path, its query, its headers, its body. Made
 * from `/openapi.json`, so that a new call is attacked without being asked. What is not taken is refused with a problem, and
 * nothing is our mistake. Which problem, for the calls that there are, is in hostile-bodies and hostile-requests.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_IDS } from '../../workers/api/access.ts'
import { type Called, call } from '../workers/calling.ts'
import { HOSTILE_VALUES, hostileVariants } from '../workers/hostile-values.ts'
import { bearerFor, fillPath, fillWithNobody, isEnd, makeVictim, type Victim } from './attacker.ts'
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

let victim: Victim
let calls: ReadonlyMap<string, DocumentedCall>
let attacks = 0

beforeAll(async () => {
  victim = await makeVictim()
  calls = new Map((await documentedCalls()).map((documented) => [documented.operationId, documented]))
})

describe.each(OPERATION_IDS)('%s', (operationId) => {
  it('takes or refuses whatever comes', async () => {
    const documented = calls.get(operationId)!
    for (const { path, body, headers, what } of attacksOn(documented)) {
      const options = {
        bearer: headers?.Authorization === undefined ? bearerFor(victim, operationId) : undefined,
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
    const { app, device } = victim
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
function fillerFor(documented: DocumentedCall): (path: string) => string {
  return isEnd(documented) ? fillWithNobody : (path) => fillPath(victim, documented.operationId, path)
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
