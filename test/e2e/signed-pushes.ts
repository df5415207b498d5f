/**
 * The chapter about signed pushes: a browser that asks for signatures shows what Fanfare sent, and nothing of what somebody
 * else sends to it with the app's stolen VAPID key. Its push service cannot tell the two apart; its service worker can.
 */
import assert from 'node:assert/strict'
import { decodeProtectedHeader } from 'jose'
import type { Openings } from '../../dev/command.ts'
import { startExample } from '../../dev/serve-example.ts'
import { type App, makeApp } from './app.ts'
import type { FirefoxDevice } from './firefox-device.ts'
import { FORGED_TITLE, forgePushes, type Loot, NOT_VERIFIED } from './forged-pushes.ts'
import { readKept, writeKept } from './kept-by-sdk.ts'
import { pushPastPlatform } from './past-platform.ts'
import { simulateReader } from './simulated-reader.ts'
import { type Story, until } from './stories.ts'
import type { World } from './world.ts'

const WORDS = { title: 'Score', body: 'It is 2 to 1' }
/** The SDK asks for unknown keys once a minute at most; the stories do not wait for it. */
const ASK_AGAIN_AFTER_MS = 60_000

/** @param openings is told of the page of the app that signs */
export function signedPushStories(world: World, firefox: FirefoxDevice, openings: Openings): Story[] {
  let app: App
  let pageUrl = ''
  let deviceId = ''
  let loot: Loot

  const send = async (to: object) => {
    const backend = world.clientOf(app.sender)
    return (await backend.post<{ id: string }>('/v1/notifications', { to, ...WORDS })).id
  }
  const logged = (id: string) =>
    until(`${id} in the page's log`, async () => (await firefox.log()).find((entry) => entry.id === id))
  const signatureOf = async (id: string) => {
    const proofs = await until('the proofs', () => readKept<[string, string][]>(firefox.page, 'proofs'))
    return proofs.find(([of]) => of === id)?.[1] ?? assert.fail(`no proof of ${id} is kept`)
  }
  const kidOf = async (id: string) => decodeProtectedHeader(await signatureOf(id)).kid!
  const notBelieved = (which: string) =>
    until(`the notice that a push ${which} is not believed`, async () =>
      (await firefox.shown()).find(({ tag }) => tag === NOT_VERIFIED),
    )

  return [
    {
      name: 'a page that asks for signatures registers, and gets the keys of its app from another origin',
      async run() {
        app = await makeApp(world.operator, 'Signed')
        await world.operator.patch(`/v1/apps/${app.id}/settings`, { sign_messages: true })
        const about = { apiUrl: world.apiUrl, publishableKey: app.client, vapidPublicKey: app.vapid.publicKey }
        pageUrl = openings.add(await startExample({ ...about, signingAppId: app.id })).url
        await firefox.open(pageUrl)
        await firefox.press('#register')
        assert.equal(await firefox.problem(), null)
        deviceId = await firefox.text('#device-id')
        const kept = await readKept<{ keys: { kid: string }[] }>(firefox.page, 'app-keys')
        const { keys } = await world.operator.get<{ keys: object[] }>(`/v1/apps/${app.id}/jwks.json`)
        assert.deepEqual(kept?.keys, keys)
      },
    },
    {
      name: 'a push that Fanfare sent is shown, and its receipt is believed',
      async run() {
        const id = await send({ devices: [deviceId] })
        await logged(id)
        assert.deepEqual(await firefox.shown(), [{ ...WORDS, tag: id }])
        await until('its delivered receipt', async () => {
          const seen = await world
            .clientOf(app.sender)
            .get<{ counts: { delivered: number } }>(`/v1/notifications/${id}`)
          return seen.counts.delivered === 1 ? true : undefined
        })
        const reader = await simulateReader(world, app, [])
        const borrowed = await reader.received(await send({ devices: [reader.deviceId] }))
        const own = { ...WORDS, data: {}, fanfare_id: id, fanfare_sig: await signatureOf(id) }
        loot = { deviceId, kid: await kidOf(id), own, borrowed }
      },
    },
    {
      name: 'and is shown once, if somebody sends it again',
      async run() {
        await pushPastPlatform(await firefox.subscription(), loot.own, app.vapid)
        const marker = await send({ devices: [deviceId] })
        await logged(marker)
        const ids = (await firefox.log()).map(({ id }) => id)
        assert.deepEqual(ids, [marker, loot.own.fanfare_id])
      },
    },
    {
      name: 'whatever else is sent with the stolen VAPID key is not: in its place is the site’s name, and says nothing',
      async run() {
        const before = await firefox.shown()
        const log = await firefox.log()
        for (const { name, payload } of await forgePushes(loot, Date.now())) {
          await pushPastPlatform(await firefox.subscription(), payload, app.vapid)
          assert.deepEqual(await notBelieved(name), { title: new URL(pageUrl).host, body: '', tag: NOT_VERIFIED }, name)
          await firefox.dismiss(NOT_VERIFIED)
          assert.deepEqual(await firefox.shown(), before, name)
          assert.deepEqual(await firefox.log(), log, name)
        }
      },
    },
    {
      name: 'many of them are one notice, and what the app sends meanwhile is shown beside it',
      async run() {
        const forged = (await forgePushes(loot, Date.now())).slice(0, 3)
        for (const { payload } of forged) await pushPastPlatform(await firefox.subscription(), payload, app.vapid)
        await notBelieved('of three that are forged')
        const id = await send({ devices: [deviceId] })
        await logged(id)
        const shown = await firefox.shown()
        assert.equal(shown.filter(({ tag }) => tag === NOT_VERIFIED).length, 1)
        assert.ok(shown.some(({ tag }) => tag === id))
        assert.ok(!shown.some(({ title }) => title === FORGED_TITLE))
        await firefox.dismiss(NOT_VERIFIED)
      },
    },
    {
      name: 'what the app signs with a new key is shown, although the browser has fetched its keys a moment ago',
      async run() {
        const { id: kid } = await world.operator.post<{ id: string }>(`/v1/apps/${app.id}/secrets/messages/rotate`, {})
        const kept = (await readKept<{ askedAt: number }>(firefox.page, 'app-keys'))!
        await writeKept(firefox.page, 'app-keys', { ...kept, askedAt: kept.askedAt - ASK_AGAIN_AFTER_MS })
        await until('a push that the new key signed', async () => {
          const id = await send({ devices: [deviceId] })
          await logged(id)
          return (await kidOf(id)) === kid ? true : undefined
        })
        assert.ok(!(await firefox.shown()).some(({ tag }) => tag === NOT_VERIFIED))
      },
    },
    {
      name: 'and nothing of it put an error on the console',
      async run() {
        assert.deepEqual(firefox.complaints, [])
        await firefox.press('#unregister')
      },
    },
  ]
}
