/**
 * The chapter about Web Push: a person's browser registers on the example page, a backend sends, the notification
 * appears, and the ledger and the receipts say so.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { FirefoxDevice } from './firefox-device.ts'
import { pushPastPlatform } from './past-platform.ts'
import { type Story, until } from './stories.ts'
import type { World } from './world.ts'

interface NotificationAnswer {
  readonly status: string
  readonly counts: Readonly<Record<string, number>>
}

export function webPushStories(world: World, firefox: FirefoxDevice): Story[] {
  let deviceId = ''

  const send = async (body: object) => (await world.backend.post<{ id: string }>('/v1/notifications', body)).id
  const counts = (id: string, what: string, enough: (counts: NotificationAnswer['counts']) => boolean) =>
    until(what, async () => {
      const answer = await world.backend.get<NotificationAnswer>(`/v1/notifications/${id}`)
      return answer.status === 'completed' && enough(answer.counts) ? answer.counts : undefined
    })
  const logged = (id: string, event: string) =>
    until(`${event} ${id} in the page's log`, async () =>
      (await firefox.log()).find((entry) => entry.id === id && entry.event === event),
    )

  return [
    {
      name: 'pressing the button registers this browser as a device',
      async run() {
        await firefox.open(world.exampleUrl)
        await firefox.press('#register')
        assert.equal(await firefox.problem(), null)
        deviceId = await firefox.text('#device-id')
        const device = await world.backend.get<{ platform: string; locale: string }>(`/v1/devices/${deviceId}`)
        assert.equal(device.platform, 'webpush')
        assert.equal(device.locale, 'en-US')
      },
    },
    {
      name: 'the command that the page offers makes a notification appear',
      async run() {
        const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `${await firefox.text('#command')} -sS`])
        const { id } = JSON.parse(stdout) as { id: string }
        const entry = await logged(id, 'received')
        assert.equal(entry.title, 'Hello: A push, all the way to this page.')
        const [shown] = await firefox.shown()
        assert.deepEqual(shown, { title: 'Hello', body: 'A push, all the way to this page.', tag: id })
        const { targeted, accepted } = await counts(id, 'its delivered receipt', ({ delivered }) => delivered === 1)
        assert.deepEqual({ targeted, accepted }, { targeted: 1, accepted: 1 })
      },
    },
    {
      name: 'pressing the notification opens its address, and counts as opened and clicked',
      async run() {
        const url = `${world.exampleUrl}/?pressed`
        const id = await send({ to: { devices: [deviceId] }, title: 'Press me', body: '', webpush: { url } })
        await logged(id, 'received')
        await firefox.pressNotification('Press me')
        await logged(id, 'clicked')
        const opened = await until('the page of the notification', async () =>
          (await firefox.browser.pages()).find((page) => page.url() === url),
        )
        await opened.close()
        const after = await counts(id, 'its receipts', ({ opened, clicked }) => opened === 1 && clicked === 1)
        assert.equal(after.delivered, 1)
      },
    },
    {
      name: 'a push that arrives twice is shown and counted once',
      async run() {
        const id = await send({ to: { devices: [deviceId] }, title: 'Once' })
        await logged(id, 'received')
        const again = { title: 'Once', data: {}, fanfare_id: id }
        await pushPastPlatform(await firefox.subscription(), again, world.vapid)
        const marker = await send({ to: { devices: [deviceId] }, title: 'Marker' })
        await logged(marker, 'received')
        assert.equal((await firefox.log()).filter((entry) => entry.id === id).length, 1)
        assert.equal((await counts(id, 'its end', () => true)).delivered, 1)
      },
    },
    {
      name: 'a send to a topic reaches a browser that subscribed to it',
      async run() {
        await firefox.press('#subscribe')
        assert.equal(await firefox.problem(), null)
        const id = await send({ to: { topic: 'news' }, title: 'To everybody', data: { section: 'tech' } })
        await logged(id, 'received')
        const { targeted } = await counts(id, 'its delivered receipt', ({ delivered }) => delivered === 1)
        assert.equal(targeted, 1)
      },
    },
    {
      name: 'after unsubscribing, a send to the topic reaches nobody',
      async run() {
        await firefox.press('#subscribe')
        const missed = await send({ to: { topic: 'news' }, title: 'Not for you' })
        const { targeted } = await counts(missed, 'its end', () => true)
        assert.equal(targeted, 0)
        const marker = await send({ to: { devices: [deviceId] }, title: 'Marker' })
        await logged(marker, 'received')
        assert.equal(
          (await firefox.log()).some(({ id }) => id === missed),
          false,
        )
      },
    },
    {
      name: 'a push that arrives while no page is open is shown and reported',
      async run() {
        const elsewhere = await firefox.browser.newPage()
        await firefox.page.close()
        const id = await send({ to: { devices: [deviceId] }, title: 'While you were away' })
        await counts(id, 'its delivered receipt', ({ delivered }) => delivered === 1)
        await firefox.open(world.exampleUrl)
        await elsewhere.close()
        assert.ok((await firefox.shown()).some(({ tag }) => tag === id))
      },
    },
    {
      name: 'a browser whose PushSubscription was replaced goes on as the same device',
      async run() {
        await firefox.page.evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration()
          await (await registration?.pushManager.getSubscription())?.unsubscribe()
        })
        const device = () => world.backend.get<{ updated_at: string }>(`/v1/devices/${deviceId}`)
        const before = await device()
        await firefox.announceSubscriptionChange()
        await until('the new PushSubscription at the API', async () =>
          (await device()).updated_at === before.updated_at ? undefined : true,
        )
        const id = await send({ to: { devices: [deviceId] }, title: 'At your new address' })
        await logged(id, 'received')
      },
    },
    {
      name: 'turning it off deletes the device, and ends the pushes',
      async run() {
        await firefox.press('#unregister')
        assert.equal(await firefox.problem(), null)
        await assert.rejects(world.backend.get(`/v1/devices/${deviceId}`), /404/)
      },
    },
    {
      name: 'and nothing of it put an error on the console',
      async run() {
        assert.deepEqual(firefox.complaints, [])
      },
    },
  ]
}
