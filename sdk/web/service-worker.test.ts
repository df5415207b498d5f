/** What the service worker makes of a push where the app signs, and what it shows in the place of one that is not the app's. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { muteConsole } from '../../test/console/overheard.ts'
import { SCOPE, startServiceWorker } from './service-worker.fixture.ts'
import { memoryStore } from './store.fixture.ts'

interface Vector {
  readonly name: string
  readonly fanfare_sig: string
  readonly received: {
    readonly pushId: string
    readonly deviceId: string
    readonly content: { readonly title: string; readonly body: string; readonly data: object }
    readonly unsubscribe: string | null
    readonly now: string
  }
  readonly verdict: string
}

const VECTORS = join(import.meta.dirname, '../../docs/design/signed-messages.vectors.json')
const { jwks, pushes } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { jwks: object; pushes: Vector[] }
const GENUINE = pushes[0]!
const NOTICE = { title: new URL(SCOPE).host, options: { tag: 'fanfare-not-verified', silent: true } }

let warn: ReturnType<typeof vi.spyOn>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  warn = muteConsole('warn')
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.doUnmock('./store.ts')
})

function textOf({ fanfare_sig, received: { pushId, content, unsubscribe } }: Vector, change: object = {}): string {
  const link = unsubscribe === null ? {} : { fanfare_unsubscribe: unsubscribe }
  return JSON.stringify({ ...content, ...link, fanfare_id: pushId, fanfare_sig, ...change })
}

/** A browser that is the vector's device, at the vector's time. */
function browserOf({ received: { deviceId, now } }: Vector, verify = true, store = memoryStore()) {
  vi.setSystemTime(now)
  const urls = { baseUrl: 'https://push.example', endpoint: 'https://push.service/1' }
  const installation = { ...urls, publishableKey: 'pk_1', vapidPublicKey: 'B', deviceId, deviceKey: 'dk_1' }
  const asked = verify ? ({ verify: 'required', appId: 'app_1' } as const) : {}
  return startServiceWorker({ ...installation, ...asked }, jwks, store)
}

describe('a push that the app signed for this device', () => {
  it('is shown, told to pages, and reported with its proof', async () => {
    const browser = await browserOf(GENUINE)
    await browser.push(textOf(GENUINE))
    expect(browser.shown).toMatchObject([{ title: 'Your code', options: { body: 'is 4711' } }])
    expect(browser.toldToPages).toMatchObject([{ event: 'received', notification: { title: 'Your code' } }])
    const event = { notification_id: GENUINE.received.pushId, event: 'delivered', proof: GENUINE.fanfare_sig }
    expect(browser.receipts).toMatchObject([{ events: [event] }])
  })

  it('is shown once, however often somebody sends it', async () => {
    const browser = await browserOf(GENUINE)
    for (let i = 0; i < 3; i++) await browser.push(textOf(GENUINE))
    expect(browser.shown).toHaveLength(1)
    expect(warn).not.toHaveBeenCalled()
  })

  it('is shown after one that took its id', async () => {
    const browser = await browserOf(GENUINE)
    await browser.push(textOf(GENUINE, { fanfare_sig: undefined, title: 'Your bank' }))
    await browser.push(textOf(GENUINE))
    expect(browser.shown.map(({ title }) => title)).toEqual([NOTICE.title, 'Your code'])
  })
})

describe('a push that it did not', () => {
  it.each(pushes.filter(({ verdict }) => verdict !== 'valid'))(
    '($name) is a silent notice of the site’s name, and nothing else',
    async (vector) => {
      const browser = await browserOf(vector)
      await browser.push(textOf(vector))
      expect(browser.shown).toEqual([NOTICE])
      expect([browser.toldToPages, browser.receipts]).toEqual([[], []])
    },
  )

  it('says why to developers, and nothing of what it said', async () => {
    const browser = await browserOf(GENUINE)
    await browser.push(textOf(GENUINE, { title: 'Your bank' }))
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/not shown.*: altered$/)]])
  })

  it('brings no look, sound or place of its own into the notice', async () => {
    const browser = await browserOf(GENUINE)
    await browser.push(textOf(GENUINE, { tag: 'other', icon: '/bank.png', silent: false, requireInteraction: true }))
    expect(browser.shown).toEqual([NOTICE])
  })

  it('leads nowhere when its notice is pressed, and reports nothing', async () => {
    const browser = await browserOf(GENUINE)
    await browser.push(textOf(GENUINE, { url: 'https://phish.example' }))
    await browser.pressAndClose(browser.shown[0]!)
    expect([browser.openedUrls, browser.toldToPages, browser.receipts]).toEqual([[], [], []])
  })

  it('is shown where nobody asked for signatures', async () => {
    const browser = await browserOf(GENUINE, false)
    await browser.push(textOf(GENUINE, { fanfare_sig: undefined }))
    expect(browser.shown).toMatchObject([{ title: 'Your code' }])
  })
})

it('a push of somebody else than Fanfare is left to the other code of the service worker', async () => {
  const browser = await browserOf(GENUINE)
  for (const text of ['', 'tickle', '{"title":"Hello"}']) await browser.push(text)
  expect(browser.shown).toEqual([])
})

it('where it cannot be told whether a push is the app’s, because nothing can be read, it is not shown', async () => {
  const store = memoryStore()
  const browser = await browserOf(GENUINE, true, store)
  store.read = async () => {
    throw new DOMException('The database is gone', 'UnknownError')
  }
  await expect(browser.push(textOf(GENUINE))).rejects.toThrow('The database is gone')
  expect(browser.shown).toEqual([])
})
