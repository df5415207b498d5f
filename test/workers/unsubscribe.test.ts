/** The link by which the reader of a push leaves its topic: what it does, and what it does not. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  makeUnsubscribeLink,
  UNSUBSCRIBE_LIFE_MS,
  type Unsubscription,
  unsubscribeUrl,
} from '../../push/unsubscribe-link.ts'
import { linkKeyOf } from '../../workers/message-keys.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>

const NOTIFICATION = `ntf_${'0'.repeat(29)}`
const DAY_MS = 24 * 3_600_000

let app: App
let topics = 0

beforeAll(async () => {
  app = await makeApp()
})

/** A device in a topic of its own, the other topics it is in, and how to make links for it. */
async function subscriber(of = app) {
  const topic = `news.${++topics}`
  const body = fcmDevice({ topics: [topic, 'other'] })
  const device = (await call('POST', '/v1/devices', { bearer: of.client, body })).body
  const link = async (change: Partial<Unsubscription> = {}, by = of) => {
    const said = { appId: of.id, deviceId: device.id, notificationId: NOTIFICATION, topic, madeAt: Date.now() }
    const key = await linkKeyOf(env, { appId: by.id, now: Date.now() })
    return makeUnsubscribeLink(key, { ...said, ...change })
  }
  const follow = async (method: string, text: string) => await call(method, unsubscribeUrl('', text))
  const subscribers = async () =>
    (await call('GET', `/v1/topics/${topic}`, { bearer: of.admin })).body.subscribers as number
  const member = `/v1/topics/${topic}/devices/${device.id}`
  return { topic, device, link, follow, subscribers, member }
}

describe('the link of a push to a topic', () => {
  it('shows a page and changes nothing, until its button is pressed', async () => {
    const { topic, link, follow, subscribers } = await subscriber()
    const shown = await follow('GET', await link())
    expect(shown.status).toBe(200)
    expect(shown.text).toContain(`<strong>${topic}</strong>`)
    expect(shown.text).toContain('<form method="post">')
    expect(await subscribers()).toBe(1)
    const done = await follow('POST', await link())
    expect([done.status, done.text.includes('<form')]).toEqual([200, false])
    expect(done.text).toContain('no longer subscribed')
    expect(await subscribers()).toBe(0)
  })

  it('ends that one subscription and no other, however often it is followed', async () => {
    const { link, follow, device } = await subscriber()
    for (let i = 0; i < 2; i++) expect((await follow('POST', await link())).status).toBe(200)
    const rows = env.DB.prepare('select topic from topic_device where device_id = ?').bind(device.id)
    expect((await rows.all()).results).toEqual([{ topic: 'other' }])
  })

  it('is taken as mail programs send it', async () => {
    const { link, subscribers } = await subscriber()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'null' }
    const answer = await call('POST', unsubscribeUrl('', await link()), { headers, body: 'List-Unsubscribe=One-Click' })
    expect([answer.status, await subscribers()]).toEqual([200, 0])
  })

  it('says nothing more to who left already', async () => {
    const { link, follow } = await subscriber()
    await follow('POST', await link())
    const shown = await follow('GET', await link())
    expect([shown.status, shown.text.includes('<form')]).toEqual([200, false])
  })

  it('does not undo a later subscription', async () => {
    const { link, follow, device, member, subscribers } = await subscriber()
    const old = await link({ madeAt: Date.now() - DAY_MS })
    await env.DB.prepare('update topic_device set joined_at = ? where device_id = ?')
      .bind(Date.now() - 2 * DAY_MS, device.id)
      .run()
    expect((await follow('POST', old)).status).toBe(200)
    await call('PUT', member, { bearer: device.device_key })
    for (const method of ['GET', 'POST']) {
      const answer = await follow(method, old)
      expect([answer.status, answer.text.includes('<form')]).toEqual([410, false])
    }
    expect(await subscribers()).toBe(1)
  })

  it.each<[string, number, (s: Awaited<ReturnType<typeof subscriber>>, other: App) => Promise<string>]>([
    ['that has expired', 410, ({ link }) => link({ madeAt: Date.now() - UNSUBSCRIBE_LIFE_MS - 1000 })],
    ['signed with another app’s secret', 404, ({ link }, other) => link({}, other)],
    ['of another app', 404, ({ link }, other) => link({ appId: other.id })],
    ['of an app that is not there', 404, ({ link }) => link({ appId: `app_${'0'.repeat(29)}` })],
    ['with another topic put in', 404, async ({ link }) => `${await link({ topic: 'weather' })}s`],
    ['that was cut off', 404, async ({ link }) => (await link()).slice(0, 60)],
    ['of nonsense', 404, async () => '<script>alert(1)</script>'],
  ])('%s counts for nothing', async (_, status, make) => {
    const theirs = await subscriber()
    const link = await make(theirs, await makeApp('Chess'))
    for (const method of ['GET', 'POST']) {
      const answer = await theirs.follow(method, link)
      expect([answer.status, answer.text.includes('<form'), answer.text.includes('<script')]).toEqual([
        status,
        false,
        false,
      ])
    }
    expect(await theirs.subscribers()).toBe(1)
  })

  it('names no app, device or topic when it is not believed', async () => {
    const { link, follow, topic } = await subscriber()
    const answer = await follow('GET', await link({}, await makeApp('Chess')))
    expect(answer.text).not.toContain(topic)
  })

  it('that is missing is a problem of the request', async () => {
    const answer = await call('GET', '/v1/unsubscribe')
    expect([answer.status, answer.body.param]).toEqual([400, 'link'])
  })
})

describe('the page', () => {
  it('runs no script, loads only its own style, is kept by nobody and says nothing to the next page', async () => {
    const { link, follow } = await subscriber()
    const { headers, text } = await follow('GET', await link())
    expect(headers.get('Content-Type')).toContain('text/html')
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    const policy = headers.get('Content-Security-Policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self'")
    expect(text).not.toMatch(/<script|<style| style=| on\w+=/)
    expect((await call('GET', '/v1/unsubscribe/style.css')).headers.get('Content-Type')).toBe('text/css')
  })

  it('shows a topic as text, whatever it is called', async () => {
    const { link, follow } = await subscriber()
    const answer = await follow('GET', await link({ topic: '<b>' }))
    expect(answer.text).toContain('<strong>&lt;b&gt;</strong>')
  })
})
