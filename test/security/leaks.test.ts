/** When something inside breaks, outside nobody learns what: no message, no stack, no name of ours. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { findSecrets } from '../../dev/find-secrets.ts'
import { grantsOf } from '../../workers/api/access.ts'
import { TEST_SECRETS } from '../secrets.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'
import { type DocumentedCall, documentedCalls } from './documented-calls.ts'

/** What the broken part says, and only the log may repeat. */
const INSIDE = 'inside: select key_hash from api_key at /srv/fanfare/workers/secret.ts:7'

/** Everything that the Worker reaches others through: databases, objects, queues. */
const BINDINGS = Object.entries(env)
  .filter(([name, binding]) => typeof binding === 'object' && !Array.isArray(binding) && !name.startsWith('__VITEST'))
  .map(([name]) => name as keyof Env)

let app: Awaited<ReturnType<typeof makeApp>>
let device: { id: string; device_key: string }
let calls: readonly DocumentedCall[]
let log: MockInstance<typeof console.error>

beforeAll(async () => {
  app = await makeApp()
  device = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
  calls = await documentedCalls()
})

beforeEach(() => {
  log = vi.spyOn(console, 'error').mockImplementation(() => {})
})

/** Throws at whatever is done with it, once it is called by it. */
function broken(): never {
  const fail = () => {
    throw new Error(INSIDE)
  }
  return new Proxy({}, { get: () => fail }) as never
}

/** Gives out objects and statements, and breaks when these are asked something. */
function brokenInside(): never {
  const stub: object = new Proxy({}, { get: (_, name) => (name === 'bind' ? () => stub : reject) })
  const gives = ['getByName', 'get', 'idFromName', 'prepare']
  return new Proxy({}, { get: (_, name) => (gives.includes(String(name)) ? () => stub : reject) }) as never
}

function reject(): Promise<never> {
  return Promise.reject(new Error(INSIDE))
}

function fill(path: string): string {
  const names = {
    '{app}': app.id,
    '{topic}': 'news',
    '{platform}': 'webpush',
    '/devices/{id}': `/devices/${device.id}`,
  }
  const filled = Object.entries(names).reduce((text, [name, value]) => text.replace(name, value), path)
  return filled.replaceAll(/\{\w+\}/g, `ntf_${'0'.repeat(29)}`)
}

function bearerFor(operationId: string): string | undefined {
  const grants = grantsOf(operationId)
  if (grants.length === 0) return undefined
  if (grants.every((grant) => grant === 'root')) return ROOT
  return grants.every((grant) => grant === 'device') ? device.device_key : app.sender
}

describe.each(BINDINGS)('a broken %s', (binding) => {
  it.each([
    ['at once', broken],
    ['when asked', brokenInside],
  ])(
    '%s is answered without a word of it, whatever was called',
    async (_when, breakage) => {
      for (const { operationId, method, path, body } of calls) {
        const options = { bearer: bearerFor(operationId), body, env: { [binding]: breakage() } }
        const { status, text, headers } = await call(method, fill(path), options)
        const what = `${operationId} → ${status} ${text.slice(0, 300)}`
        expect(text, what).not.toMatch(/inside|select |key_hash|secret\.ts|\bat \S+:\d|Error:|node_modules|\bD1\b/)
        if (status < 400) continue
        expect(headers.get('Content-Type'), what).toBe('application/problem+json')
        if (status >= 500) expect(JSON.parse(text).code, what).toMatch(/^(?:internal|overloaded)$/)
      }
      const logged = log.mock.calls.map((words) => words.map(String).join(' '))
      expect(logged.flatMap((line) => findSecrets(line, TEST_SECRETS))).toEqual([])
    },
    60_000,
  )
})

describe('what was broken', () => {
  it('is in the log, under the id that the caller was told', async () => {
    const { body } = await call('GET', '/healthz', { env: { DB: broken() } })
    const said = JSON.parse(String(log.mock.calls[0]![0]))
    expect(said).toMatchObject({ level: 'error', code: 'internal', request_id: body.request_id })
    expect(said.cause).toContain(INSIDE)
  })
})
