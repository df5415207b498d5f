/** When something inside breaks, outside nobody learns what: no message, no stack, no name of ours; and the log has no secret. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { muteConsole, takeOverheard } from '../console/overheard.ts'
import { call } from '../workers/calling.ts'
import { fcmToken } from '../workers/device-samples.ts'
import { bearerFor, fillPath, isEnd, makeVictim, type Victim } from './attacker.ts'
import { type Breakage, brokenAfter, brokenAtOnce, brokenWhenAsked, INSIDE } from './breakages.ts'
import { type DocumentedCall, documentedCalls } from './documented-calls.ts'

/** What no call here uses: objects and jobs do, devices that call all the time, and tests. */
const OUT_OF_REACH = ['SIGNER', 'ORDER', 'CALLS_BY_DEVICE', 'SMALL_RATE_LIMIT']

/** Everything that the API reaches others through: the database, objects, rate limits. Queues are written to by objects. */
const BINDINGS = Object.entries(env)
  .filter(([name, binding]) => typeof binding === 'object' && !Array.isArray(binding) && !name.startsWith('__VITEST'))
  .filter(([name, binding]) => !('sendBatch' in (binding as object)) && !OUT_OF_REACH.includes(name))
  .map(([name]) => name as keyof Env)

/** Whoever is answered so has not come as far as he can. */
const TURNED_AWAY = [401, 403, 429]

/** The only one who is to be turned away. */
const A_GUESS = 'somebody who guesses a key'

/** A client that registers, and one who guesses, are counted by it. */
const FROM_SOMEWHERE = { 'CF-Connecting-IP': '203.0.113.7' }

let calls: readonly DocumentedCall[]
let log: MockInstance<typeof console.error>

beforeAll(async () => {
  // What ends something that other calls need comes after them; a device changes its key while it is there.
  const lateness = (one: DocumentedCall) => Number(isEnd(one)) + Number(one.method === 'DELETE')
  calls = (await documentedCalls()).toSorted((one, other) => lateness(one) - lateness(other))
})

beforeEach(() => {
  log = muteConsole('error')
  muteConsole('warn')
})
afterEach(() => void vi.restoreAllMocks())

/** Bodies with what a log may not have, where the samples of the document are too short to be told from other words. */
function bodyFor({ operationId, body }: DocumentedCall): unknown {
  switch (operationId) {
    case 'registerDevice':
      return { platform: 'fcm', token: fcmToken() }
    case 'sendNotification':
      return { to: { topic: 'news' }, title: 'Your test is positive', body: 'Please call Dr. Miller' }
    case 'importDevices':
      return `${JSON.stringify({ platform: 'fcm', token: fcmToken() })}\n`
    default:
      return body
  }
}

interface Question {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly bearer?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Every call of the document, by whom the table of access lets in; and what these do not reach. */
function questionsTo(victim: Victim, webhookId: string): Question[] {
  const { app } = victim
  const documented = calls.map((one) => ({
    what: one.operationId,
    method: one.method,
    path: fillPath(victim, one.operationId, one.path),
    bearer: bearerFor(victim, one.operationId),
    body: bodyFor(one),
    headers: one.mediaType === null ? undefined : { 'Content-Type': one.mediaType },
  }))
  const registration = { platform: 'fcm', token: fcmToken() }
  const webhook = `/v1/apps/${app.id}/webhooks/${webhookId}`
  const more = [
    { path: '/v1/devices', bearer: app.client, body: registration, headers: FROM_SOMEWHERE },
    { what: A_GUESS, path: '/v1/devices', bearer: `sk_${'0'.repeat(38)}`, body: registration, headers: FROM_SOMEWHERE },
    { method: 'GET', path: `${webhook}/deliveries`, bearer: app.admin },
    { path: `${webhook}/secret`, bearer: app.admin, body: {} },
    { path: `/v1/apps/${app.id}/credentials/webpush/check`, bearer: app.admin },
  ].map((question) => ({ method: 'POST', what: question.path, ...question }))
  return [...more, ...documented]
}

/** A victim with all that calls ask for. */
async function furnish(): Promise<Question[]> {
  const victim = await makeVictim()
  const { id, admin } = victim.app
  const of = `/v1/apps/${id}`
  const hook = { url: 'https://hooks.example.com/services/only-we-know', events: ['device.retired'] }
  const [webhook] = await Promise.all([
    call('POST', `${of}/webhooks`, { bearer: admin, body: hook }),
    call('PUT', `${of}/credentials/webpush`, { bearer: admin, body: { subject: 'mailto:ops@example.com' } }),
  ])
  return questionsTo(victim, webhook.body.id)
}

async function expectSilence(binding: keyof Env, breakage: Breakage): Promise<void> {
  let uses = 0
  const turnedAway: string[] = []
  for (const { what: name, method, path, ...options } of await furnish()) {
    const broken = breakage(() => void uses++)
    const { status, text, headers } = await call(method, path, { ...options, env: { [binding]: broken } })
    const what = `${name} → ${status} ${text.slice(0, 300)}`
    expect(text, what).not.toMatch(/inside|select |key_hash|secret\.ts|\bat \S+:\d|Error:|node_modules|\bD1\b/)
    if (TURNED_AWAY.includes(status)) turnedAway.push(what)
    if (status < 400) continue
    expect(headers.get('Content-Type'), what).toBe('application/problem+json')
    if (status >= 500) expect(JSON.parse(text).code, what).toMatch(/^(?:internal|overloaded)$/)
  }
  expect(uses).toBeGreaterThan(0)
  expect(turnedAway).toEqual([expect.stringContaining(`${A_GUESS} → 401`)])
  expect(takeOverheard()).toEqual([])
}

describe.each(BINDINGS)('a broken %s', (binding) => {
  it.each([
    ['at once', brokenAtOnce],
    ['when asked', brokenWhenAsked],
  ])(
    '%s is answered without a word of it, whatever was called',
    (_, breakage) => expectSilence(binding, breakage),
    60_000,
  )
})

describe('a database', () => {
  it.each([1, 2, 3, 5])(
    'that breaks after %i answers spills nothing of what was asked',
    (answers) => expectSilence('DB', brokenAfter(answers, env.DB)),
    60_000,
  )
})

describe('what was broken', () => {
  it('is in the log, under the id that the caller was told', async () => {
    const { body } = await call('GET', '/healthz', { env: { DB: brokenAtOnce(() => {}) } })
    const said = JSON.parse(String(log.mock.calls[0]![0]))
    expect(said).toMatchObject({ level: 'error', code: 'internal', request_id: body.request_id })
    expect(said.cause).toContain(INSIDE)
  })
})
