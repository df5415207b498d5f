/** The chapter about leaving a topic: a reader follows the link of a push on a phone, and presses the one button there. */
import assert from 'node:assert/strict'
import type { Browser, Page } from 'puppeteer-core'
import { makeApp } from './app.ts'
import { listenToComplaints } from './page-complaints.ts'
import { simulateReader } from './simulated-reader.ts'
import { type Story, until } from './stories.ts'
import type { World } from './world.ts'

const PHONE = { width: 360, height: 640 }
const TOPIC = 'weekend-offers'
/** Smaller is hard to hit with a finger: WCAG 2.2, 2.5.8 asks for 24, Apple and Google for 44 and 48. */
const MIN_BUTTON_PX = 44

/** @param picture saves what is to be seen, under a name */
export function unsubscribePageStories(
  name: string,
  browser: Browser,
  world: World,
  picture: (page: Page, what: string) => Promise<void>,
): Story[] {
  let url = ''
  let page: Page
  let complaints: () => Promise<string[]>
  let subscribers: () => Promise<number>

  return [
    {
      name: `${name}: the link of a push to a topic opens a page that says which, and changes nothing yet`,
      async run() {
        const app = await makeApp(world.operator, 'Topics to leave')
        const backend = world.clientOf(app.sender)
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { sign_messages: true })
        const reader = await simulateReader(world, app, [TOPIC])
        const sent = await backend.post<{ id: string }>('/v1/notifications', {
          to: { topic: TOPIC },
          title: 'Half off',
        })
        const { fanfare_unsubscribe: link } = await reader.received(sent.id)
        const { pathname, search } = new URL(link as string)
        url = world.apiUrl + pathname + search
        subscribers = async () => (await backend.get<{ subscribers: number }>(`/v1/topics/${TOPIC}`)).subscribers
        page = await browser.newPage()
        complaints = await listenToComplaints(page, world.apiUrl)
        await page.setViewport(PHONE)
        await page.goto(url, { waitUntil: 'load' })
        await picture(page, 'unsubscribe')
        assert.match(await textOf(page), /subscribed to weekend-offers\./)
        assert.equal(await subscribers(), 1)
      },
    },
    {
      name: `${name}: it fits a phone, in its own style, with a button that a finger hits`,
      async run() {
        const seen = await page.evaluate(() => {
          const button = document.querySelector('button')!
          const { width, height } = button.getBoundingClientRect()
          const { scrollWidth } = document.documentElement
          return { width, height, overflow: scrollWidth - innerWidth, border: getComputedStyle(button).borderTopWidth }
        })
        assert.ok(Math.min(seen.width, seen.height) >= MIN_BUTTON_PX, JSON.stringify(seen))
        assert.ok(seen.overflow <= 0, `wider than the phone by ${seen.overflow} px`)
        assert.equal(seen.border, '0px', 'the stylesheet was not loaded')
      },
    },
    {
      name: `${name}: its button leaves the topic, and the page says so`,
      async run() {
        await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click('button')])
        await picture(page, 'unsubscribed')
        assert.match(await textOf(page), /Unsubscribed .* no longer subscribed to weekend-offers\./)
        assert.equal(await page.$('button'), null)
        assert.equal(await subscribers(), 0)
      },
    },
    {
      name: `${name}: and the browser had nothing to complain of`,
      async run() {
        assert.deepEqual(await complaints(), [])
      },
    },
    {
      name: `${name}: but does complain of a script that somebody got into the page, and does not run it`,
      async run() {
        await page.evaluate(() => {
          const script = document.createElement('script')
          script.textContent = 'document.title = "It ran"'
          document.body.append(script)
        })
        const found = await until('the violation of the policy', async () => {
          return (await complaints()).find((complaint) => complaint.startsWith('script-src'))
        })
        assert.match(found, /blocked inline$/)
        assert.equal(await page.title(), 'Unsubscribed')
      },
    },
    {
      name: `${name}: a link that was changed leaves nothing, and shows nothing of what it says`,
      async run() {
        await page.goto(`${url.slice(0, -1)}X`, { waitUntil: 'load' })
        await picture(page, 'unsubscribe-changed')
        const text = await textOf(page)
        assert.match(text, /not valid/)
        assert.doesNotMatch(text, /weekend/)
        assert.equal(await page.$('button'), null)
        await page.close()
      },
    },
  ]
}

/** What the page says, in one line. */
async function textOf(page: Page): Promise<string> {
  const text = await page.$eval('main', (main) => main.textContent ?? '')
  return text.replaceAll(/\s+/g, ' ')
}
