/** Requests for one device that overtake each other: in the end the topic's shards say what the tables say. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { readDevice, updateDevice } from '../../schema/d1/devices.ts'
import { retireDevices } from '../../workers/jobs/retire.ts'
import { call, makeApp } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

const api = (method: string, path: string, body?: unknown) => call(method, path, { bearer: app.sender, body })
const register = async (body: unknown) => (await api('POST', '/v1/devices', body)).body.id as string
const subscribers = async (topic: string) => (await api('GET', `/v1/topics/${topic}`)).body.subscribers ?? 0

async function membersInTable(topic: string): Promise<number> {
  const count = env.DB.prepare('select count(*) as members from topic_device where app_id = ? and topic = ?')
  return (await count.bind(app.id, topic).first<number>('members')) ?? -1
}

describe.each([1, 2, 3])('round %i: at once', (round) => {
  it('subscribing and deleting the device leaves nobody in the topic', async () => {
    const [topic, id] = [`deleted-${round}`, await register(fcmDevice())]
    await Promise.all([api('PUT', `/v1/topics/${topic}/devices/${id}`), api('DELETE', `/v1/devices/${id}`)])
    expect(await subscribers(topic)).toBe(0)
  })

  it('registering for four users is one device in the topic, once', async () => {
    const body = fcmDevice({ topics: [`moved-${round}`] })
    await register(body)
    await Promise.all(['u1', 'u2', 'u3', 'u4'].map((user_id) => register({ ...body, user_id })))
    expect(await subscribers(`moved-${round}`)).toBe(1)
  })

  it('a device that changes its user is one subscriber at every moment', async () => {
    const topic = `logged-in-${round}`
    const path = `/v1/devices/${await register(fcmDevice({ topics: [topic] }))}`
    let isChanging = true
    const changes = (async () => {
      for (const user_id of ['a', 'b', 'c', 'd', 'e']) await api('PATCH', path, { user_id })
      isChanging = false
    })()
    const seen = new Set<number>()
    while (isChanging) seen.add(await subscribers(topic))
    await changes
    expect([...seen]).toEqual([1])
  })

  it('subscribing and unsubscribing, one by one and in bulk, ends in the shards as in the table', async () => {
    const [topic, id] = [`toggled-${round}`, await register(fcmDevice())]
    const bulk = `/v1/topics/${topic}/devices`
    const changes = ['PUT', 'DELETE', 'PUT', 'DELETE', 'PUT'].map((method) => api(method, `${bulk}/${id}`))
    await Promise.all([...changes, api('POST', bulk, { remove: [id] }), api('POST', bulk, { add: [id] })])
    expect(await subscribers(topic)).toBe(await membersInTable(topic))
  })

  it('changing the user, changing the address and deleting leaves nobody in the topic', async () => {
    const topic = `changed-${round}`
    const id = await register(fcmDevice({ topics: [topic] }))
    const path = `/v1/devices/${id}`
    const { token } = fcmDevice()
    await Promise.all([api('PATCH', path, { user_id: 'x' }), api('PATCH', path, { token }), api('DELETE', path)])
    expect(await subscribers(topic)).toBe(0)
  })
})

describe('a change of the user that was interrupted before the topics were told', () => {
  const rows: [what: string, act: (id: string, body: object) => Promise<unknown>, left: number][] = [
    ['registering again', (_, body) => register(body), 1],
    ['changing anything', (id) => api('PATCH', `/v1/devices/${id}`, { locale: 'fr-FR' }), 1],
    ['subscribing again', (id) => api('PUT', `/v1/topics/interrupted/devices/${id}`), 1],
    ['unsubscribing', (id) => api('DELETE', `/v1/topics/interrupted/devices/${id}`), 0],
    ['deleting the device', (id) => api('DELETE', `/v1/devices/${id}`), 0],
    ['a push service that calls it dead', (id) => die(id), 0],
  ]

  async function die(deviceId: string): Promise<void> {
    const { address } = (await readDevice(env.DB, app.id, deviceId))!
    if (address.kind === 'webpush') throw new Error('not a device token')
    const dead = { deviceId, address: address.value, asOfAt: Date.now() + 1, reason: 'UNREGISTERED' }
    await retireDevices(env, app.id, [dead], false)
  }

  it.each(rows)('is mended by %s', async (_, act, left) => {
    const body = fcmDevice({ user_id: 'ada', topics: ['interrupted'] })
    const others = await subscribers('interrupted')
    const id = await register(body)
    await updateDevice(env.DB, app.id, id, { userId: 'bob' }, Date.now())
    await act(id, { ...body, user_id: 'bob' })
    expect(await subscribers('interrupted')).toBe(others + left)
    if (left > 0) await api('DELETE', `/v1/devices/${id}`)
    expect(await subscribers('interrupted')).toBe(others)
  })
})
