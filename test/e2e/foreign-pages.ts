/**
 * The chapter about pages of other origins: what a browser lets them do with the API, and what it lets our own page do.
 * Servers answer with headers; whether these mean what we think is a browser's to say.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { Browser, Page } from 'puppeteer-core'
import type { Openings } from '../../dev/command.ts'
import { listen } from '../../sim/listen.ts'
import { type App, makeApp } from './app.ts'
import { simulateReader } from './simulated-reader.ts'
import type { Story } from './stories.ts'
import type { World } from './world.ts'

/** What `fetch` came to in the page: a status that it may read, or null when the browser kept the answer from it. */
type Read = number | null

interface Tried {
  readonly method: string
  readonly path: string
  /** Left out: the call asks for none. */
  readonly bearer?: string
  readonly body?: object
}

/** @param openings is told of the two servers whose pages are foreign */
export function foreignPageStories(name: string, browser: Browser, world: World, openings: Openings): Story[] {
  const register = (bearer: string, topic: string): Tried => {
    const body = { platform: 'fcm', token: `page-${topic}-of-${name}:APA91b`, topics: [topic] }
    return { method: 'POST', path: '/v1/devices', bearer, body }
  }
  return [
    {
      name: `${name}: a page registers with an app that lists its origin, and another page neither may nor reads why`,
      async run() {
        const app = await makeApp(world.operator, 'Foreign pages')
        const [friend, stranger] = [await openPage(browser, openings), await openPage(browser, openings)]
        const { origin } = new URL(friend.url())
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { allowed_origins: [origin] })
        assert.equal(await attempt(friend, world, register(app.client, 'friends')), 201)
        assert.equal(await attempt(stranger, world, register(app.client, 'strangers')), null)
        const { data } = await world.clientOf(app.sender).get<{ data: { name: string }[] }>('/v1/topics')
        assert.deepEqual(
          data.map((topic) => topic.name),
          ['friends'],
        )
        await Promise.all([friend.close(), stranger.close()])
      },
    },
    {
      name: `${name}: the same is true of what a page does as its device, and not of what anybody may do without a key`,
      async run() {
        const app = await makeApp(world.operator, 'Foreign pages')
        const { deviceId, deviceKey: bearer } = await simulateReader(world, app, [])
        const [friend, stranger] = [await openPage(browser, openings), await openPage(browser, openings)]
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { allowed_origins: [new URL(friend.url()).origin] })
        const leaveDevice: Tried = { method: 'DELETE', path: `/v1/devices/${deviceId}`, bearer }
        for (const tried of [...callsOfDevice(deviceId, bearer), leaveDevice]) {
          const what = `${tried.method} ${tried.path}`
          assert.equal(await attempt(stranger, world, tried), null, what)
          assert.ok(((await attempt(friend, world, tried)) ?? 0) < 300, what)
        }
        for (const [status, tried] of openCalls(app)) {
          for (const page of [friend, stranger]) assert.equal(await attempt(page, world, tried), status, tried.path)
        }
        await Promise.all([friend.close(), stranger.close()])
      },
    },
    {
      name: `${name}: any page may register with an app that lists none, and none may use a secret key`,
      async run() {
        const app = await makeApp(world.operator, 'Foreign pages')
        const page = await openPage(browser, openings)
        assert.equal(await attempt(page, world, register(app.client, 'anybody')), 201)
        assert.equal(await attempt(page, world, { method: 'GET', path: '/v1/topics', bearer: app.sender }), null)
        const send = { method: 'POST', path: '/v1/notifications', bearer: app.sender }
        assert.equal(await attempt(page, world, { ...send, body: { to: { topic: 'anybody' }, title: 'x' } }), null)
        assert.equal(await attempt(page, world, register('pk_nobodys', 'x')), 401)
        await page.close()
      },
    },
    {
      name: `${name}: /docs runs no script, not even one that somebody got into it, and asks nobody anything`,
      async run() {
        const page = await browser.newPage()
        await page.goto(`${world.apiUrl}/docs`, { waitUntil: 'load' })
        const seen = await page.evaluate(async () => {
          const marks = window as unknown as { ran?: string }
          const scripts = document.scripts.length
          const script = document.createElement('script')
          script.textContent = 'window.ran = "inline script"'
          document.body.append(script)
          const holder = document.createElement('div')
          holder.innerHTML = '<img src="data:," onerror="window.ran = \'event handler\'">'
          document.body.append(holder)
          const asked = await fetch('/healthz').then(
            () => 'answered',
            () => 'kept from asking',
          )
          return { scripts, ran: marks.ran ?? null, asked }
        })
        assert.deepEqual(seen, { scripts: 0, ran: null, asked: 'kept from asking' })
        await page.close()
      },
    },
  ]
}

function callsOfDevice(deviceId: string, bearer: string): Tried[] {
  const event = { notification_id: `ntf_${'0'.repeat(29)}`, event: 'opened', at: new Date().toISOString() }
  return [
    { method: 'GET', path: `/v1/devices/${deviceId}`, bearer },
    { method: 'PATCH', path: `/v1/devices/${deviceId}`, bearer, body: { locale: 'fr' } },
    { method: 'PUT', path: `/v1/topics/news/devices/${deviceId}`, bearer },
    { method: 'DELETE', path: `/v1/topics/news/devices/${deviceId}`, bearer },
    { method: 'POST', path: '/v1/receipts', bearer, body: { events: [event] } },
  ]
}

/** What needs no bearer, and what it is answered: there is nothing in it that is an app's alone. */
function openCalls({ id }: App): [status: number, Tried][] {
  return [
    [200, { method: 'GET', path: `/v1/apps/${id}/jwks.json` }],
    [404, { method: 'POST', path: '/v1/unsubscribe?link=made-up' }],
  ]
}

/** A page of an origin that no other page has. */
async function openPage(browser: Browser, openings: Openings): Promise<Page> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title>')
  })
  const { port } = openings.add(await listen(server, 0))
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'load' })
  return page
}

function attempt(page: Page, { apiUrl }: World, tried: Tried): Promise<Read> {
  return page.evaluate(
    async (url, { method, bearer, body }) => {
      const headers: Record<string, string> = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }
      if (body !== undefined) headers['Content-Type'] = 'application/json'
      const request = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }
      return await fetch(url, request).then(
        (answer) => answer.status,
        () => null,
      )
    },
    apiUrl + tried.path,
    tried,
  )
}
