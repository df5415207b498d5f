/** Receipts of an app that signs its messages: only the device that got a push can report it, with what came in the push. */
import { env } from 'cloudflare:workers'
import { generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type SigningKey, signMessage } from '../../push/message-signature.ts'
import { digestContent } from '../../push/signed-content.ts'
import { signingKeyOf } from '../../workers/message-keys.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
interface Device {
  readonly id: string
  readonly device_key: string
}

let app: App
let device: Device

async function signingApp(name: string): Promise<App> {
  const made = await makeApp(name)
  await call('PATCH', `/v1/apps/${made.id}/settings`, { bearer: ROOT, body: { sign_messages: true } })
  return made
}

async function register(at: App): Promise<Device> {
  return (await call('POST', '/v1/devices', { bearer: at.client, body: fcmDevice({ topics: ['news'] }) })).body
}

async function send(at: App): Promise<string> {
  const body = { to: { topic: 'news' }, title: 'Hello' }
  return (await call('POST', '/v1/notifications', { bearer: at.sender, body })).body.id
}

/** As the push of the notification to the device carries it. */
async function proofOf(notificationId: string, deviceId = device.id, at = app, key?: SigningKey): Promise<string> {
  const now = Date.now()
  const by = key ?? (await signingKeyOf(env, { appId: at.id, now }))
  const digest = await digestContent({ title: 'Hello', data: {} }, null)
  return signMessage(by, { pushId: notificationId, deviceId }, { now, expiresAt: now + 60_000 }, digest)
}

const event = (notification_id: string, proof?: string, name = 'opened') => {
  return { notification_id, event: name, at: '2026-11-22T09:00:00Z', ...(proof !== undefined && { proof }) }
}
const report = async (events: object[], by = device) => {
  const answer = await call('POST', '/v1/receipts', { bearer: by.device_key, body: { events } })
  expect(answer.status).toBe(200)
  return answer.body
}
const openedOf = async (id: string) => {
  return (await call('GET', `/v1/notifications/${id}`, { bearer: app.analyst })).body.counts.opened
}

beforeAll(async () => {
  app = await signingApp('Weather')
  device = await register(app)
})

describe('a receipt', () => {
  it('counts with the proof that came with its push', async () => {
    const id = await send(app)
    const proof = await proofOf(id)
    expect(await report([event(id, proof, 'delivered'), event(id, proof)])).toEqual({
      recorded: 2,
      unknown: [],
      refused: [],
    })
    expect(await openedOf(id)).toBe(1)
  })

  it('that is replayed counts once', async () => {
    const id = await send(app)
    const proof = await proofOf(id)
    for (let i = 0; i < 3; i++) expect((await report([event(id, proof), event(id, proof)])).recorded).toBe(2)
    expect(await openedOf(id)).toBe(1)
  })

  it.each<[string, (id: string) => Promise<string | undefined>]>([
    ['without a proof', async () => undefined],
    ['with an empty one', async () => ''],
    ['with something else', async () => 'a.b.c'],
    ['with the proof of another notification', async () => proofOf(await send(app))],
    ['with the proof of another device', async (id) => proofOf(id, (await register(app)).id)],
    ['with a proof by another app’s key', async (id) => proofOf(id, device.id, await signingApp('Chess'))],
    [
      'with a proof by a stranger’s key under our name',
      async (id) => {
        const { kid } = await signingKeyOf(env, { appId: app.id, now: Date.now() })
        const { privateKey } = await generateKeyPair('ES256')
        return proofOf(id, device.id, app, { kid, privateKey })
      },
    ],
    ['with a proof that was changed', async (id) => `${(await proofOf(id)).slice(0, -8)}AAAAAAAA`],
  ])('%s counts for nothing, and the others of its report do', async (_, forge) => {
    const [forged, honest] = [await send(app), await send(app)]
    const events = [event(forged, await forge(forged)), event(honest, await proofOf(honest))]
    expect(await report(events)).toEqual({ recorded: 1, unknown: [], refused: [forged] })
    expect([await openedOf(forged), await openedOf(honest)]).toEqual([0, 1])
  })

  it('of another device with this device’s proof counts for nothing', async () => {
    const id = await send(app)
    const answer = await report([event(id, await proofOf(id))], await register(app))
    expect(answer).toEqual({ recorded: 0, unknown: [], refused: [id] })
    expect(await openedOf(id)).toBe(0)
  })

  it('needs no proof where the app does not sign, and takes one', async () => {
    const plain = await makeApp('Plain')
    const theirs = await register(plain)
    const id = await send(plain)
    const answer = await report([event(id), event(id, 'whatever', 'clicked')], theirs)
    expect(answer).toEqual({ recorded: 2, unknown: [] })
  })

  it('with a proof beyond reason is refused as a whole', async () => {
    const body = { events: [event(await send(app), 'x'.repeat(1_001))] }
    const answer = await call('POST', '/v1/receipts', { bearer: device.device_key, body })
    expect([answer.status, answer.body.param]).toEqual([400, '/events/0/proof'])
  })
})
