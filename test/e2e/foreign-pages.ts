/**
 * The chapter about pages of other origins: what a browser lets them do with the API, and what it lets our own page do.
 * Servers answer with headers; whether these mean what we think is a browser's to say.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { Browser, Page } from 'puppeteer-core'
import type { Openings } from '../../dev/command.ts'
import { listen } from '../../sim/listen.ts'
import type { Story } from './stories.ts'
import type { World } from './world.ts'

/** What `fetch` came to in the page: a status that it may read, or null when the browser kept the answer from it. */
type Read = number | null

interface Tried {
  readonly method: string
  readonly path: string
  readonly bearer: string
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
        const app = await makeApp(world)
        const [friend, stranger] = [await openPage(browser, openings), await openPage(browser, openings)]
        const { origin } = new URL(friend.url())
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { allowed_origins: [origin] })
        assert.equal(await attempt(friend, world, register(app.client, 'friends')), 201)
        assert.equal(await attempt(stranger, world, register(app.client, 'strangers')), null)
        const { data } = await app.backend.get<{ data: { name: string }[] }>('/v1/topics')
        assert.deepEqual(
          data.map((topic) => topic.name),
          ['friends'],
        )
        await Promise.all([friend.close(), stranger.close()])
      },
    },
    {
      name: `${name}: any page may register with an app that lists none, and none may use a secret key`,
      async run() {
        const app = await makeApp(world)
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

async function makeApp({ operator, clientOf }: World) {
  const { id } = await operator.post<{ id: string }>('/v1/apps', { name: 'Foreign pages' })
  const keyOf = async (role: string) => {
    return (await operator.post<{ key: string }>(`/v1/apps/${id}/keys`, { role })).key
  }
  const sender = await keyOf('sender')
  return { id, sender, client: await keyOf('client'), backend: clientOf(sender) }
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
      const headers: Record<string, string> = { Authorization: `Bearer ${bearer}` }
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
