/**
 * The chapter about signed pushes in Chromium. It has no push service without the internet, so its debugger hands pushes to
 * the service worker, decrypted, where that service would. What is in them is what Fanfare sent to a simulated PushSubscription
 * of the same device, or what a thief makes of it.
 */
import assert from 'node:assert/strict'
import { decodeProtectedHeader } from 'jose'
import type { Browser, CDPSession, Page } from 'puppeteer-core'
import type { Openings } from '../../dev/command.ts'
import { startExample } from '../../dev/serve-example.ts'
import { type App, makeApp } from './app.ts'
import type { ShownNotification } from './firefox-device.ts'
import { forgePushes, NOT_VERIFIED } from './forged-pushes.ts'
import { writeKept } from './kept-by-sdk.ts'
import { type Payload, type SimulatedReader, simulateReader } from './simulated-reader.ts'
import { type Story, until } from './stories.ts'
import type { World } from './world.ts'

const WORDS = { title: 'Score', body: 'It is 2 to 1' }

/** Long after a worker shows a notice, and often enough within the patience of a story. */
const HAND_AGAIN_MS = 3_000

interface HandedWorker {
  hand(payload: Payload): Promise<void>
  /** Answers what is shown, once something is, and takes it away. @param forged handed again when nothing comes of it */
  takeShown(of: string, forged?: Payload): Promise<readonly ShownNotification[]>
}

/** @param openings is told of the page of the app that signs */
export function handedPushStories(world: World, chromium: Browser, openings: Openings): Story[] {
  let app: App
  let pageUrl = ''
  let own: SimulatedReader
  let worker: HandedWorker
  let genuine: Payload

  const sendTo = async (reader: SimulatedReader) => {
    const body = { to: { devices: [reader.deviceId] }, ...WORDS }
    const { id } = await world.clientOf(app.sender).post<{ id: string }>('/v1/notifications', body)
    return await reader.received(id)
  }
  const reported = (id: unknown) =>
    until('its delivered receipt', async () => {
      const seen = await world.clientOf(app.sender).get<{ counts: { delivered: number } }>(`/v1/notifications/${id}`)
      return seen.counts.delivered === 1 ? true : undefined
    })

  return [
    {
      name: 'a push that Fanfare sent is shown, by keys from another origin, and its receipt is believed',
      async run() {
        app = await makeApp(world.operator, 'Signed')
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { sign_messages: true })
        own = await simulateReader(world, app, [])
        const about = { apiUrl: world.apiUrl, publishableKey: app.client, vapidPublicKey: app.vapid.publicKey }
        pageUrl = openings.add(await startExample({ ...about, signingAppId: app.id })).url
        worker = await startWorker(chromium, pageUrl, installationOf(world, app, own))
        genuine = await sendTo(own)
        await worker.hand(genuine)
        assert.deepEqual(await worker.takeShown('of the app'), [{ ...WORDS, tag: genuine.fanfare_id }])
        await reported(genuine.fanfare_id)
      },
    },
    {
      name: 'whatever a thief of the VAPID key sends is not: in its place is the site’s name, and says nothing',
      async run() {
        const { kid } = decodeProtectedHeader(genuine.fanfare_sig as string)
        const borrowed = await sendTo(await simulateReader(world, app, []))
        const loot = { deviceId: own.deviceId, kid: kid!, own: genuine, borrowed }
        for (const { name, payload } of await forgePushes(loot, Date.now())) {
          await worker.hand(payload)
          const notice = { title: new URL(pageUrl).host, body: '', tag: NOT_VERIFIED }
          assert.deepEqual(await worker.takeShown(name, payload), [notice], name)
        }
      },
    },
    {
      name: 'and one that is sent again is shown no second time',
      async run() {
        await worker.hand(genuine)
        const next = await sendTo(own)
        await worker.hand(next)
        await reported(next.fanfare_id)
        assert.deepEqual(await worker.takeShown('of the app'), [{ ...WORDS, tag: next.fanfare_id }])
      },
    },
  ]
}

/** What the SDK keeps of a registration, here of the simulated PushSubscription. */
function installationOf(world: World, app: App, { deviceId, deviceKey }: SimulatedReader) {
  return {
    baseUrl: world.apiUrl,
    publishableKey: app.client,
    vapidPublicKey: app.vapid.publicKey,
    endpoint: 'https://push.fanfare.example/simulated',
    ...{ deviceId, deviceKey, verify: 'required', appId: app.id },
  }
}

async function startWorker(chromium: Browser, url: string, installation: object): Promise<HandedWorker> {
  await chromium.defaultBrowserContext().setPermission(url, {
    permission: { name: 'notifications' },
    state: 'granted',
  })
  const page = await chromium.newPage()
  await page.goto(url)
  await writeKept(page, 'installation', installation)
  const debug = await page.createCDPSession()
  const registrationId = await registerWorker(page, debug)
  const worker: HandedWorker = {
    async hand(payload) {
      const data = JSON.stringify(payload)
      await debug.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data })
    },
    async takeShown(of, forged) {
      let handedAt = performance.now()
      const taken = await until(`a notification of a push ${of}`, async () => {
        const shown = await shownBy(page)
        if (shown.length > 0) return shown
        // All notices have one tag, and Chromium may close the last one so late that it takes this one with it.
        if (forged !== undefined && performance.now() - handedAt > HAND_AGAIN_MS) {
          await worker.hand(forged)
          handedAt = performance.now()
        }
        return undefined
      })
      // Once: a second close could meet the next notification of the same tag, which Chromium takes for the same one.
      await closeShown(page)
      await until('the end of what was shown', async () => ((await shownBy(page)).length === 0 ? true : undefined))
      return taken
    },
  }
  return worker
}

/** @returns what the debugger calls it */
async function registerWorker(page: Page, debug: CDPSession): Promise<string> {
  let registrationId: string | undefined
  debug.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations.at(-1)?.registrationId ?? registrationId
  })
  await debug.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/fanfare-service-worker.js')
    await navigator.serviceWorker.ready
  })
  return await until('the registration of the service worker', async () => registrationId)
}

function shownBy(page: Page): Promise<ShownNotification[]> {
  return page.evaluate(async () => {
    const notifications = (await (await navigator.serviceWorker.getRegistration())?.getNotifications()) ?? []
    return notifications.map(({ title, body, tag }) => ({ title, body, tag }))
  })
}

function closeShown(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const notifications = (await (await navigator.serviceWorker.getRegistration())?.getNotifications()) ?? []
    for (const notification of notifications) notification.close()
  })
}
