/**
 * Two apps that chose the same names for everything that an app names itself: each has its own behind them, whichever of
 * the two was asked for last. Ids that Fanfare gives are never the same; what apps try with each other's is
 * cross-tenant.test.ts.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { call, makeApp } from '../workers/calling.ts'
import { fcmDevice, subscription } from '../workers/device-samples.ts'

/** Some wait for queues: a second on an idle machine. */
vi.setConfig({ testTimeout: 30_000 })

type App = Awaited<ReturnType<typeof makeApp>>

const ROLE = 'editor'
const TOPIC = 'news'
const USER = 'ada'
const WEBHOOK = 'https://hooks.example.com/'
/** One address in both apps, as of a person with both on one phone. */
const ADDRESS = fcmDevice()

interface Twin extends App {
  /** A key of the role that both have. */
  readonly editor: string
  /** Its devices, all of the one user and in the one topic. */
  readonly devices: readonly string[]
}

let large: Twin
let small: Twin

beforeAll(async () => {
  large = await makeTwin(['topics:read'], [ADDRESS, fcmDevice(), fcmDevice()])
  small = await makeTwin(['notifications:read'], [ADDRESS])
})

async function makeTwin(scopes: readonly string[], addresses: readonly object[]): Promise<Twin> {
  const app = await makeApp('Twin')
  await call('PUT', `/v1/apps/${app.id}/roles/${ROLE}`, { bearer: app.admin, body: { scopes } })
  const { body } = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role: ROLE } })
  const devices: string[] = []
  for (const address of addresses) {
    const facts = { ...address, user_id: USER, topics: [TOPIC] }
    devices.push((await call('POST', '/v1/devices', { bearer: app.sender, body: facts })).body.id)
  }
  return { ...app, editor: body.key, devices }
}

/** What both say when they are asked in turns, twice, so that what is remembered of one could be said of the other. */
async function inTurns<Answer>(ask: (of: Twin) => Promise<Answer>): Promise<{ large: Answer[]; small: Answer[] }> {
  const answers: { large: Answer[]; small: Answer[] } = { large: [], small: [] }
  for (let turn = 0; turn < 2; turn++) {
    answers.large.push(await ask(large))
    answers.small.push(await ask(small))
  }
  return answers
}

const twice = <Answer>(answer: Answer): Answer[] => [answer, answer]

const inApp = ({ id }: App, rest: string) => `/v1/apps/${id}/${rest}`

function send(of: Twin, to: object, headers?: Record<string, string>) {
  return call('POST', '/v1/notifications', { bearer: of.sender, body: { to, title: 'To all' }, headers })
}

/** Whom a notification went to. */
async function recipientsOf(of: Twin, notificationId: string): Promise<string[]> {
  const deliveries = () => call('GET', `/v1/notifications/${notificationId}/deliveries`, { bearer: of.admin })
  const all = async () => expect((await deliveries()).body.data).toHaveLength(of.devices.length)
  await vi.waitFor(all, { timeout: 20_000, interval: 50 })
  const { body } = await deliveries()
  return body.data.map((delivery: { device_id: string }) => delivery.device_id).toSorted()
}

describe('a role of the same name', () => {
  it('is in each app what that app made it', async () => {
    const scopes = await inTurns(async (of) => {
      const { body } = await call('GET', inApp(of, `roles/${ROLE}`), { bearer: of.admin })
      const listed = await call('GET', inApp(of, 'roles'), { bearer: of.admin })
      return [body.scopes, ...listed.body.data.slice(4).map((role: { scopes: unknown }) => role.scopes)]
    })
    expect(scopes).toEqual({
      large: twice(twice(['topics:read'])),
      small: twice(twice(['notifications:read'])),
    })
  })

  it('gives the keys of each app what that app says', async () => {
    const statuses = await inTurns(async ({ editor: bearer }) => {
      const topics = await call('GET', '/v1/topics', { bearer })
      return [topics.status, (await call('GET', '/v1/dead-letters', { bearer })).status]
    })
    expect(statuses).toEqual({ large: twice([200, 403]), small: twice([403, 200]) })
  })

  it('can be deleted where no key has it, and stays where one does', async () => {
    const [having, without] = await Promise.all([makeApp(), makeApp()])
    for (const app of [having, without]) {
      await call('PUT', inApp(app, `roles/${ROLE}`), { bearer: app.admin, body: { scopes: [] } })
    }
    await call('POST', inApp(having, 'keys'), { bearer: having.admin, body: { role: ROLE } })
    const remove = (app: App) => call('DELETE', inApp(app, `roles/${ROLE}`), { bearer: app.admin })
    expect((await remove(without)).status).toBe(204)
    expect((await remove(having)).body.code).toBe('role_in_use')
  })
})

describe('a topic of the same name', () => {
  it('has in each app the subscribers of that app', async () => {
    const sizes = await inTurns(async ({ analyst: bearer }) => {
      return (await call('GET', `/v1/topics/${TOPIC}`, { bearer })).body.subscribers
    })
    expect(sizes).toEqual({ large: twice(3), small: twice(1) })
  })

  it('is as large in each app as it is there, when a large send has to be confirmed', async () => {
    const confirmAbove = (recipients: number | null) => (of: Twin) =>
      call('PATCH', inApp(of, 'settings'), { bearer: of.admin, body: { confirm_above_recipients: recipients } })
    await inTurns(confirmAbove(1))
    const statuses = await inTurns(async (of) => (await send(of, { topic: TOPIC })).status)
    expect(statuses).toEqual({ large: twice(409), small: twice(202) })
    await inTurns(confirmAbove(null))
  })

  it('that one app deletes stays in the other', async () => {
    const [leaving, staying] = await Promise.all([makeApp(), makeApp()])
    for (const { sender } of [leaving, staying]) {
      await call('POST', '/v1/devices', { bearer: sender, body: fcmDevice({ topics: ['brief'] }) })
    }
    expect((await call('DELETE', '/v1/topics/brief', { bearer: leaving.admin })).status).toBeLessThan(300)
    const topics = await Promise.all(
      [leaving, staying].map(({ admin }) => call('GET', '/v1/topics', { bearer: admin })),
    )
    expect(topics.map(({ body }) => body.data.length)).toEqual([0, 1])
  })
})

it('a device with the same address is another device in each app', async () => {
  expect(large.devices).not.toContain(small.devices[0])
  const users = await inTurns(async (of) => {
    const { body } = await call('GET', `/v1/devices/${of.devices[0]}`, { bearer: of.sender })
    return [body.id, body.user_id]
  })
  expect(users).toEqual({ large: twice([large.devices[0], USER]), small: twice([small.devices[0], USER]) })
})

it.each([
  ['topic', { topic: TOPIC }],
  ['user', { users: [USER] }],
])('a send to a %s of the same name reaches the devices of its own app, and no other', async (_what, to) => {
  const reached = await inTurns(async (of) => recipientsOf(of, (await send(of, to)).body.id))
  expect(reached).toEqual({ large: twice(large.devices.toSorted()), small: twice(small.devices.toSorted()) })
})

it('the same idempotency key names in each app the send of that app', async () => {
  const again = await inTurns(async (of) => {
    const { status, body } = await send(of, { devices: [of.devices[0]!] }, { 'Idempotency-Key': 'daily' })
    return [status, body.id]
  })
  expect(again.large[1]).toEqual([202, again.large[0]![1]])
  expect(again.small[1]).toEqual([202, again.small[0]![1]])
  expect(again.small[0]![1]).not.toBe(again.large[0]![1])
})

it('the credential of the same platform is in each app that app’s', async () => {
  const subjects = await inTurns(async (of) => {
    const subject = `mailto:${of.id}@a.example`
    await call('PUT', inApp(of, 'credentials/webpush'), { bearer: of.admin, body: { subject } })
    const { body } = await call('GET', inApp(of, 'credentials'), { bearer: of.admin })
    return body.data.map((credential: { subject: string }) => credential.subject)
  })
  expect(subjects).toEqual({
    large: twice([`mailto:${large.id}@a.example`]),
    small: twice([`mailto:${small.id}@a.example`]),
  })
})

it('a platform that only one of them has a credential for is closed to the other', async () => {
  const [open, closed] = await Promise.all([makeApp(), makeApp()])
  const body = { subject: 'mailto:open@a.example' }
  expect((await call('PUT', inApp(open, 'credentials/webpush'), { bearer: open.admin, body })).status).toBe(200)
  const { sender: bearer } = closed
  const device = { platform: 'webpush', subscription: subscription(), user_id: USER }
  expect((await call('POST', '/v1/devices', { bearer, body: device })).status).toBe(201)
  const { id } = (await call('POST', '/v1/notifications', { bearer, body: { to: { users: [USER] }, title: 'x' } })).body
  // One that is missing is waited for where there was one when the send began.
  const isOver = async () => {
    expect((await call('GET', `/v1/notifications/${id}`, { bearer })).body.status).toBe('completed')
  }
  await vi.waitFor(isOver, { timeout: 20_000, interval: 50 })
})

it('a webhook at the same address is another one in each app', async () => {
  const listed = await inTurns(async (of) => {
    const body = { url: WEBHOOK, events: ['device.retired'], description: of.id, enabled: false }
    await call('POST', inApp(of, 'webhooks'), { bearer: of.admin, body })
    const answer = await call('GET', inApp(of, 'webhooks'), { bearer: of.admin })
    return answer.body.data.map((webhook: { description: string }) => webhook.description)
  })
  expect(listed).toEqual({
    large: [[large.id], twice(large.id)],
    small: [[small.id], twice(small.id)],
  })
})

it('the audit log of each app speaks of that app alone', async () => {
  const spoken = await inTurns(async (of) => (await call('GET', '/v1/audit', { bearer: of.admin })).text)
  for (const [text, own, other] of [
    [spoken.large[1]!, large, small],
    [spoken.small[1]!, small, large],
  ] as const) {
    expect(text).toContain(ROLE)
    expect([own.id, ...own.devices].some((id) => text.includes(id))).toBe(true)
    expect([other.id, ...other.devices].filter((id) => text.includes(id))).toEqual([])
  }
})
