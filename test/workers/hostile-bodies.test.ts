/** Bodies that cannot be taken: each is refused with a problem that names the field, and none is our mistake. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Called, call, makeApp, ROOT } from './calling.ts'
import { fcmDevice, subscription } from './device-samples.ts'
import { hostileVariants, nested } from './hostile-values.ts'

let app: Awaited<ReturnType<typeof makeApp>>
let device: { id: string; device_key: string }

beforeAll(async () => {
  app = await makeApp()
  device = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
})

/** Every route that takes a JSON body, and a body that it takes. */
const ROUTES = {
  app: () => ['POST', '/v1/apps', ROOT, { name: 'Weather' }],
  key: () => ['POST', `/v1/apps/${app.id}/keys`, app.admin, { role: 'client', expires_at: '2099-01-01T00:00:00Z' }],
  fcm: () => ['PUT', `/v1/apps/${app.id}/credentials/fcm`, app.admin, { service_account: SERVICE_ACCOUNT }],
  apns: () => ['PUT', `/v1/apps/${app.id}/credentials/apns`, app.admin, APNS_CREDENTIAL],
  webpush: () => ['PUT', `/v1/apps/${app.id}/credentials/webpush`, app.admin, { subject: 'mailto:a@example.com' }],
  token: () => ['POST', '/v1/tokens', app.sender, { scopes: ['devices:register'], ttl_seconds: 60, user_id: 'u' }],
  device: () => ['POST', '/v1/devices', app.sender, { ...fcmDevice(), ...FACTS, topics: ['hostile'] }],
  browser: () => ['POST', '/v1/devices', app.client, { platform: 'webpush', subscription: subscription() }],
  change: () => ['PATCH', `/v1/devices/${device.id}`, device.device_key, { locale: 'fr', attributes: { a: 'b' } }],
  members: () => ['POST', '/v1/topics/hostile/devices', app.sender, { add: [device.id], remove: ['x'] }],
  receipts: () => ['POST', '/v1/receipts', device.device_key, { events: [RECEIPT] }],
  send: () => ['POST', '/v1/notifications', app.sender, NOTIFICATION],
} satisfies Record<string, () => [method: string, path: string, bearer: string, body: object]>

type Route = keyof typeof ROUTES

const FACTS = { user_id: 'u', locale: 'fr-FR', timezone: 'Europe/Paris', app_version: '1', attributes: { plan: 'pro' } }
const PEM = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'weather-4711',
  private_key_id: '0f1e',
  private_key: PEM,
  client_email: 'push@weather-4711.iam.gserviceaccount.com',
}
const APNS_CREDENTIAL = {
  team_id: 'A1B2C3D4E5',
  key_id: 'K9J8H7G6F5',
  private_key: PEM,
  bundle_id: 'com.example.weather',
  environment: 'sandbox',
}
const RECEIPT = { notification_id: `ntf_${'0'.repeat(29)}`, event: 'opened', at: '2026-01-01T00:00:00Z' }
const NOTIFICATION = {
  to: { topic: 'hostile' },
  title: 'Hello',
  body: 'World',
  image: 'https://example.com/a.png',
  url: 'https://example.com/a',
  data: { k: 'v' },
  category: 'marketing',
  priority: 'high',
  ttl_seconds: 60,
  collapse_key: 'score',
  badge: 1,
  sound: 'default',
  fcm: { data: { k: 'v' }, android: { notification: { color: '#ff0000' } } },
  apns: { aps: { 'thread-id': 'x' } },
  webpush: { icon: 'https://example.com/icon.png' },
  send_at: new Date(Date.now() + 3_600_000).toISOString(),
  local_time: '2026-12-01T09:00',
  guarantee: 'at_most_once',
  ordered: false,
  quiet_hours: 'ignore',
  bypass_caps: false,
  dry_run: false,
  campaign: 'autumn',
  variants: [{ name: 'A' }],
}

function post(route: Route, json: string): Promise<Called> {
  const [method, path, bearer] = ROUTES[route]()
  return call(method as string, path as string, { bearer: bearer as string, body: json })
}

function expectProblem({ status, headers, body }: Called, what: string) {
  expect(status, what).toBeGreaterThanOrEqual(400)
  expect(status, what).toBeLessThan(500)
  expect(headers.get('Content-Type'), what).toBe('application/problem+json')
  expect(body, what).toMatchObject({ type: `/docs#error-${body.code}`, status, retry: 'never' })
  for (const member of ['title', 'detail', 'code', 'request_id']) expect(body[member], what).toBeTypeOf('string')
}

describe.each(Object.keys(ROUTES) as Route[])('a body for %s', (route) => {
  it('with any one value replaced by a hostile one is taken or refused, never our mistake', async () => {
    const [, , , good] = ROUTES[route]()
    for (const json of hostileVariants(good as object)) {
      const answer = await post(route, json)
      if (answer.status >= 300) expectProblem(answer, json.slice(0, 300))
    }
  }, 60_000)

  it.each([
    ['half a JSON', '{"to":', 'bad_json', undefined],
    ['nothing', '', 'bad_json', undefined],
    ['two values', '{} {}', 'bad_json', undefined],
    ['NaN', '{"a":NaN}', 'bad_json', undefined],
    ['a trailing comma', '{"a":1,}', 'bad_json', undefined],
    ['a raw line break in a string', '{"a":"\n"}', 'bad_json', undefined],
    ['only the beginning of a deep one', '['.repeat(500_000), 'bad_json', undefined],
    ['null', 'null', 'validation_failed', ''],
    ['a list', '[{}]', 'validation_failed', ''],
    ['text', '"{}"', 'validation_failed', ''],
    ['more than 1 MiB', `{"a":"${'x'.repeat(1024 * 1024)}"}`, 'body_too_large', undefined],
    ['more than 1 MiB of white space', ' '.repeat(1024 * 1024 + 1), 'body_too_large', undefined],
  ])('that is %s', async (what, json, code, param) => {
    const answer = await post(route, json)
    expectProblem(answer, what)
    expect([answer.body.code, answer.body.param]).toEqual([code, param])
  })

  it.each(['colour', '__proto__', 'constructor', 'toString', 'a/b~c', ''])(
    'with the unknown field "%s"',
    async (name) => {
      const [, , , good] = ROUTES[route]()
      const answer = await post(
        route,
        JSON.stringify(good).replace('{', () => `{${JSON.stringify(name)}:{"a":1},`),
      )
      expectProblem(answer, name)
      const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      expect([answer.body.code, answer.body.param]).toEqual(['validation_failed', pointer])
    },
  )
})

describe('what a schema alone would lose is refused by name', () => {
  const to = '"to":{"topic":"hostile"}'
  it.each<[Route, string, string]>([
    ['send', `{${to},"data":{"__proto__":"x"}}`, '/data/__proto__'],
    ['send', `{${to},"data":{"__proto__":1}}`, '/data/__proto__'],
    ['send', `{${to},"fcm":{"android":{"__proto__":{"a":1}}}}`, '/fcm/android/__proto__'],
    ['send', `{${to},"apns":{"list":[1,{"b":[{"__proto__":1}]}]}}`, '/apns/list/1/b/0/__proto__'],
    ['send', `{${to},"webpush":${nested(5_000)}}`, `/webpush${'/a'.repeat(63)}`],
    ['send', `{${to},"title":"half of \\ud83d"}`, '/title'],
    ['send', `{${to},"data":{"\\udfff":"x"}}`, '/data/\udfff'],
    ['send', `{${to},"apns":{"a":1e999}}`, '/apns/a'],
    ['send', `{"to":{"users":["u","\\ud800"]}}`, '/to/users/1'],
    ['device', `{"platform":"fcm","token":"${'t'.repeat(32)}","user_id":"\\ud800"}`, '/user_id'],
    [
      'device',
      `{"platform":"fcm","token":"${'t'.repeat(32)}","attributes":{"__proto__":"x"}}`,
      '/attributes/__proto__',
    ],
    ['app', '{"name":"\\ud800"}', '/name'],
    ['token', '{"scopes":["devices:register"],"ttl_seconds":60,"user_id":"\\udc00"}', '/user_id'],
  ])('%s %.80s', async (route, json, param) => {
    const answer = await post(route, json)
    expectProblem(answer, json.slice(0, 200))
    expect([answer.body.code, answer.body.param]).toEqual(['validation_failed', param])
  })

  it('in a line of an import too', async () => {
    const line = (facts: string) => `{"platform":"fcm","token":"${fcmDevice().token}",${facts}}`
    const lines = [
      '"attributes":{"__proto__":"x"}',
      '"user_id":"\\ud800"',
      '"user_id":"u"',
      `"attributes":${nested(9_000)}`,
    ]
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const body = lines.map(line).join('\n')
    const answer = await call('POST', '/v1/devices/import', { bearer: app.admin, headers, body })
    expect(answer.body).toMatchObject({
      created: 1,
      errors: [
        { line: 1, code: 'validation_failed', param: '/attributes/__proto__' },
        { line: 2, code: 'validation_failed', param: '/user_id' },
        { line: 4, code: 'validation_failed', param: '/attributes/a' },
      ],
    })
  })
})

describe('text that is merely unusual comes back as it was sent', () => {
  it.each(['a\u0000b', '\u202e', '😀', '\ufeff', "'; drop table device; --", '__proto__', 'ß', 'ﬀ'])(
    '%j',
    async (text) => {
      const body = fcmDevice({
        user_id: text,
        app_version: text,
        attributes: { constructor: text, [`a${text}`]: text },
      })
      const made = await call('POST', '/v1/devices', { bearer: app.sender, body })
      const read = await call('GET', `/v1/devices/${made.body.id}`, { bearer: app.sender })
      const { user_id, app_version, attributes } = body as unknown as Record<string, unknown>
      expect(read.body).toMatchObject({ user_id, app_version, attributes })
    },
  )
})
