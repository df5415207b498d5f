/** Requests for one device that overtake each other: in the end the topic's shards say what the tables say. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
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
