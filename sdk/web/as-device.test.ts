import { afterEach, describe, expect, it, vi } from 'vitest'
import { FanfareError } from './api.ts'
import { asDevice } from './as-device.ts'
import { type Installation, readInstallation, writeInstallation } from './installation.ts'
import { memoryStore } from './store.fixture.ts'

const OWN: Installation = {
  baseUrl: 'https://push.example',
  publishableKey: 'pk_1',
  vapidPublicKey: 'B1',
  deviceId: 'dev_1',
  deviceKey: 'dk_old',
  endpoint: 'https://push.service/1',
}
const CURRENT = { ...OWN, deviceKey: 'dk_new' }
const SUBSCRIPTION = {
  endpoint: OWN.endpoint,
  toJSON: () => ({ endpoint: OWN.endpoint, keys: { p256dh: 'p', auth: 'a' } }),
} as unknown as PushSubscription

const refusal = (status: number) => new FanfareError('unauthorized', 'no', { status })

afterEach(() => {
  vi.unstubAllGlobals()
})

/** An API that answers each registration with the current key, and a call that takes this key alone. */
async function installed() {
  const store = memoryStore()
  await writeInstallation(store, OWN)
  const registrations: unknown[] = []
  vi.stubGlobal('fetch', async (url: string, { headers, body }: { headers: object; body: string }) => {
    registrations.push({ url, ...headers, ...JSON.parse(body) })
    return Response.json({ id: CURRENT.deviceId, device_key: CURRENT.deviceKey })
  })
  const keys: string[] = []
  const call = async ({ deviceKey }: Installation) => {
    keys.push(deviceKey)
    if (deviceKey !== CURRENT.deviceKey) throw refusal(401)
  }
  return { store, registrations, keys, call }
}

describe('a call as the device', () => {
  it('that is refused registers again with the client key, keeps the answer, and is made once more', async () => {
    const { store, registrations, keys, call } = await installed()
    await asDevice(store, OWN, async () => SUBSCRIPTION, call)
    expect(keys).toEqual(['dk_old', 'dk_new'])
    expect(registrations).toEqual([
      {
        url: 'https://push.example/v1/devices',
        authorization: 'Bearer pk_1',
        'content-type': 'application/json',
        platform: 'webpush',
        subscription: { endpoint: OWN.endpoint, keys: { p256dh: 'p', auth: 'a' } },
      },
    ])
    expect(await readInstallation(store)).toEqual(CURRENT)
  })

  it('uses the key that somebody else has just got', async () => {
    const { store, registrations, keys, call } = await installed()
    await writeInstallation(store, CURRENT)
    await asDevice(store, OWN, async () => SUBSCRIPTION, call)
    expect([keys, registrations]).toEqual([['dk_old', 'dk_new'], []])
  })

  it('that is taken is made once', async () => {
    const { store, registrations, keys, call } = await installed()
    await asDevice(store, CURRENT, async () => SUBSCRIPTION, call)
    expect([keys, registrations]).toEqual([['dk_new'], []])
  })

  it('is refused for good without a PushSubscription, and when the new key is refused too', async () => {
    const { store, registrations, call } = await installed()
    await expect(asDevice(store, OWN, async () => null, call)).rejects.toMatchObject({ status: 401 })
    expect(registrations).toEqual([])
    const never = () => Promise.reject(refusal(401))
    await expect(asDevice(store, OWN, async () => SUBSCRIPTION, never)).rejects.toMatchObject({ status: 401 })
    expect(registrations).toHaveLength(1)
  })

  it.each([403, 404, 503, 0])('that fails with %i is not about the key', async (status) => {
    const { store, registrations } = await installed()
    const fail = () => Promise.reject(refusal(status))
    await expect(asDevice(store, OWN, async () => SUBSCRIPTION, fail)).rejects.toMatchObject({ status })
    expect(registrations).toEqual([])
  })
})
