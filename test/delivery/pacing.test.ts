/** What a push service that is not well, or a credential that is wrong, costs the recipients: nothing but time. */
import { runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../../durable-objects/ledger.ts'
import { shardNamed } from '../../durable-objects/stubs.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import { readThrottle } from '../../durable-objects/throttle.ts'
import { plainOrder } from './plain-order.ts'
import {
  apnsToken,
  call,
  control,
  fcmToken,
  inbox,
  type Json,
  look,
  type Platform,
  register,
  type Story,
  send,
  settled,
  tellStory,
  until,
} from './story.ts'

/** Two tickets. */
const MANY = 600
const PATIENCE_MS = 20_000
const faults: string[] = []

afterEach(async () => {
  for (const id of faults.splice(0)) await control('DELETE', `/faults/${id}`)
})

async function breakWith(
  service: Platform,
  prefix: string,
  effect: Json,
  more: Json = {},
): Promise<() => Promise<void>> {
  const { id } = await control('POST', '/faults', { service, prefix, effect, ...more })
  faults.push(id as string)
  return async () => {
    faults.splice(faults.indexOf(id as string), 1)
    await control('DELETE', `/faults/${id}`)
  }
}

async function subscribeMany(story: Story, topic: string, prefix: string): Promise<string[]> {
  const deviceTokens = Array.from({ length: MANY }, () => fcmToken(prefix))
  const lines = deviceTokens.map((token) => JSON.stringify({ platform: 'fcm', token, topics: [topic] }))
  for (let from = 0; from < MANY; from += 300) {
    const body = lines.slice(from, from + 300).join('\n')
    const headers = { authorization: `Bearer ${story.key}`, 'content-type': 'application/x-ndjson' }
    const request = new Request('https://fanfare.test/v1/devices/import', { method: 'POST', headers, body })
    expect(await (await exports.default.fetch(request)).json()).toMatchObject({ created: 300 })
  }
  return deviceTokens
}

const shardOf = (story: Story, topic: string) => env.SUBSCRIBER_SHARD.getByName(`${story.id}/${topic}/0`)

/** The rows that were written per recipient. */
function exceptionsOf(story: Story, topic: string): Promise<number> {
  return runInDurableObject(shardOf(story, topic), (_: SubscriberShard, { storage }) => {
    return storage.sql.exec<{ count: number }>('select count(*) as count from exception').one().count
  })
}

async function heldFor(story: Story, platform: Platform) {
  return (await readThrottle(env, { appId: story.id, platform })).held
}

async function untilHeld(story: Story, platform: Platform) {
  await expect.poll(() => heldFor(story, platform), { timeout: PATIENCE_MS }).not.toBeNull()
  return (await heldFor(story, platform))!
}

async function storedStatus(story: Story, platform: Platform): Promise<Json> {
  const { data } = await call('GET', `/v1/apps/${story.id}/credentials`, env.ROOT_KEY!, undefined, 200)
  return (data as Json[]).find((one) => one.platform === platform)!
}

/** How many of these got it, and how often the one that got it most. */
async function arrivals(service: Platform, prefix: string): Promise<{ devices: number; most: number }> {
  const all = (await control('GET', `/inbox/${service}`)).data as { address: string; accepted?: boolean }[]
  const own = all.filter(({ address, accepted }) => address.startsWith(prefix) && accepted !== false)
  const perDevice = [...Map.groupBy(own, ({ address }) => address).values()].map((same) => same.length)
  return { devices: perDevice.length, most: Math.max(0, ...perDevice) }
}

describe('a push service that is down', () => {
  it('costs no row and no attempt: everybody waits, and gets it once when it is back', async () => {
    const story = await tellStory(['fcm'])
    const prefix = `down${crypto.randomUUID().slice(0, 8)}`
    await subscribeMany(story, 'news', prefix)
    const mend = await breakWith('fcm', prefix, { kind: 'status', status: 503, reason: 'UNAVAILABLE' })
    const id = await send(story, { to: { topic: 'news' } })
    expect(await untilHeld(story, 'fcm')).toMatchObject({ cause: 'outage', reason: 'UNAVAILABLE' })
    expect(await exceptionsOf(story, 'news')).toBe(0)
    expect((await look(story, id)).counts).toMatchObject({ targeted: MANY, pending: MANY })
    await mend()
    expect((await settled(story, id)).counts).toMatchObject({ accepted: MANY })
    expect(await exceptionsOf(story, 'news')).toBe(0)
    expect(await arrivals('fcm', prefix)).toEqual({ devices: MANY, most: 1 })
  })

  it('leaves only those in doubt under at_most_once who were in the air when it was noticed', async () => {
    const story = await tellStory(['fcm'])
    const prefix = `once${crypto.randomUUID().slice(0, 8)}`
    await subscribeMany(story, 'news', prefix)
    const mend = await breakWith('fcm', prefix, { kind: 'status', status: 503, reason: 'UNAVAILABLE' })
    const id = await send(story, { to: { topic: 'news' }, guarantee: 'at_most_once' })
    await untilHeld(story, 'fcm')
    await mend()
    const { counts } = await settled(story, id)
    expect(counts.accepted! + counts.failed!).toBe(MANY)
    expect(counts.failed).toBe(await exceptionsOf(story, 'news'))
    expect((await arrivals('fcm', prefix)).most).toBe(1)
    // Through the egress a ticket leaves in one piece.
    if (env.EGRESS_URL === '') expect(counts.accepted).toBeGreaterThan(MANY / 2)
  })

  it('slows neither the other push services of the app nor other apps', async () => {
    const [story, other] = [await tellStory(['fcm', 'apns']), await tellStory(['fcm'])]
    const prefix = `down${crypto.randomUUID().slice(0, 8)}`
    await subscribeMany(story, 'news', prefix)
    const mend = await breakWith('fcm', prefix, { kind: 'html', status: 502 })
    const id = await send(story, { to: { topic: 'news' } })
    await untilHeld(story, 'fcm')
    const apple = await register(story, { platform: 'apns', token: apnsToken() })
    const android = await register(other, { platform: 'fcm', token: fcmToken() })
    expect((await settled(story, await send(story, { to: { devices: [apple] } }))).counts).toMatchObject({
      accepted: 1,
    })
    expect((await settled(other, await send(other, { to: { devices: [android] } }))).counts).toMatchObject({
      accepted: 1,
    })
    expect((await look(story, id)).counts.pending).toBe(MANY)
    await mend()
    expect((await settled(story, id)).counts).toMatchObject({ accepted: MANY })
  })
})

describe('a push service that says 429', () => {
  const RETRY_AFTER_SECONDS = 2

  it.each([
    ['of the project holds the whole credential for as long as it says', 'RATE_LIMIT_EXCEEDED', true],
    ['of the device holds that device alone', 'QUOTA_EXCEEDED', false],
  ])('%s', async (_what, reason, holdsAll) => {
    const story = await tellStory(['fcm'])
    const [limited, free] = [fcmToken('limited'), fcmToken()]
    const effect = { kind: 'status', status: 429, reason, retry_after: RETRY_AFTER_SECONDS }
    await breakWith('fcm', limited, effect, { times: 1 })
    const first = await register(story, { platform: 'fcm', token: limited })
    const second = await register(story, { platform: 'fcm', token: free })
    const limitedId = await send(story, { to: { devices: [first] } })
    await expect.poll(() => inbox('fcm', limited), { timeout: PATIENCE_MS }).toHaveLength(1)
    const refusedAt = Date.now()
    const freeId = await send(story, { to: { devices: [second] }, priority: 'high' })
    expect((await settled(story, freeId)).counts).toMatchObject({ accepted: 1 })
    const waitedMs = Date.now() - refusedAt
    expect((await settled(story, limitedId)).counts).toMatchObject({ accepted: 1 })
    if (holdsAll) expect(waitedMs).toBeGreaterThan(RETRY_AFTER_SECONDS * 900)
    else expect(Date.now() - refusedAt).toBeGreaterThan(RETRY_AFTER_SECONDS * 900)
    if (!holdsAll) expect(waitedMs).toBeLessThan(RETRY_AFTER_SECONDS * 900)
  })
})

describe('a credential that is wrong', () => {
  const apnsPath = (story: Story) => `/v1/apps/${story.id}/credentials/apns`

  /** An APNs credential that Apple knows, and one with the key of somebody else. */
  async function apnsCredentials(): Promise<{ right: Json; wrong: Json }> {
    const make = async () => {
      const { team_id, key_id, private_key } = await control('POST', '/apns/keys', { bundle_ids: ['com.example.app'] })
      return { team_id, key_id, private_key, bundle_id: 'com.example.app', environment: 'sandbox' }
    }
    const [right, other] = [await make(), await make()]
    return { right, wrong: { ...right, private_key: other.private_key } }
  }

  it('is paused and shown; its recipients wait, and go on when it is replaced', async () => {
    const story = await tellStory(['fcm'])
    const { right, wrong } = await apnsCredentials()
    await call('PUT', apnsPath(story), env.ROOT_KEY!, wrong, 200)
    const iphone = apnsToken()
    await register(story, { platform: 'apns', token: iphone, topics: ['news'] })
    await register(story, { platform: 'fcm', token: fcmToken(), topics: ['news'] })
    const id = await send(story, { to: { topic: 'news' } })
    expect(await untilHeld(story, 'apns')).toMatchObject({ cause: 'misconfigured', reason: 'InvalidProviderToken' })
    const waiting = await until(story, id, ({ counts }) => counts.accepted === 1)
    expect(waiting.by_platform.apns).toMatchObject({ pending: 1 })
    expect(waiting).toMatchObject({ paused: [{ platform: 'apns', reason: 'InvalidProviderToken' }] })
    expect(await storedStatus(story, 'apns')).toMatchObject({
      status: 'paused',
      paused_reason: 'InvalidProviderToken',
      paused_at: expect.stringMatching(/Z$/),
    })
    expect(await storedStatus(story, 'fcm')).toMatchObject({ status: 'ok', paused_reason: null, paused_at: null })
    expect(await call('PUT', apnsPath(story), env.ROOT_KEY!, right, 200)).toMatchObject({ status: 'ok' })
    const done = await settled(story, id)
    expect(done.counts).toMatchObject({ targeted: 2, accepted: 2 })
    expect(done).toMatchObject({ paused: [] })
    expect(await exceptionsOf(story, 'news')).toBe(0)
    expect((await inbox('apns', iphone)).filter(({ accepted }) => accepted !== false)).toHaveLength(1)
    expect(await storedStatus(story, 'apns')).toMatchObject({ status: 'ok' })
  })

  it('is found to work again when it was mended at the push service', async () => {
    const story = await tellStory(['fcm'])
    const deviceToken = fcmToken('mended')
    const device = await register(story, { platform: 'fcm', token: deviceToken })
    const effect = { kind: 'status', status: 401, reason: 'THIRD_PARTY_AUTH_ERROR' }
    const mend = await breakWith('fcm', deviceToken, effect)
    const id = await send(story, { to: { devices: [device] } })
    expect(await untilHeld(story, 'fcm')).toMatchObject({ reason: 'THIRD_PARTY_AUTH_ERROR' })
    await mend()
    expect((await settled(story, id)).counts).toMatchObject({ accepted: 1, failed: 0 })
    await expect.poll(() => heldFor(story, 'fcm'), { timeout: PATIENCE_MS }).toBeNull()
  })

  it('is paused when Google gives no access token for it, and when it was deleted while sending', async () => {
    const story = await tellStory(['fcm'])
    const path = `/v1/apps/${story.id}/credentials/fcm`
    const account = await control('POST', '/fcm/service-accounts', { project_id: `story-${story.id.slice(-8)}` })
    const stranger = { ...account, client_email: 'nobody@elsewhere.iam.gserviceaccount.com' }
    await call('PUT', path, env.ROOT_KEY!, { service_account: stranger }, 200)
    const device = await register(story, { platform: 'fcm', token: fcmToken() })
    const id = await send(story, { to: { devices: [device] } })
    expect(await untilHeld(story, 'fcm')).toMatchObject({ cause: 'misconfigured', reason: 'invalid_grant' })
    await call('DELETE', path, env.ROOT_KEY!, undefined, 204)
    expect((await look(story, id)).counts).toMatchObject({ pending: 1 })
    await call('PUT', path, env.ROOT_KEY!, { service_account: account }, 200)
    expect((await settled(story, id)).counts).toMatchObject({ accepted: 1 })
  })

  it('does not keep a send beyond its life: who waited has expired, without a row each', async () => {
    const story = await tellStory(['fcm'])
    const { wrong } = await apnsCredentials()
    await call('PUT', apnsPath(story), env.ROOT_KEY!, wrong, 200)
    for (let n = 0; n < 3; n++) await register(story, { platform: 'apns', token: apnsToken(), topics: ['news'] })
    const notificationId = `ntf_${crypto.randomUUID()}`
    const order = { ...plainOrder({ notificationId, appId: story.id, guarantee: 'at_least_once', livesMs: 2_000 }) }
    await runInDurableObject(shardOf(story, 'news'), async (instance: SubscriberShard, { storage }) => {
      const { ledger } = instance as unknown as { ledger: Ledger }
      ledger.openStep({ ...order, platforms: ['apns'] }, Date.now() - Number(env.LEASE_SECONDS) * 1000)
      await storage.setAlarm(Date.now())
    })
    const view = async () => (await shardNamed(env, `${story.id}/news/0`).ledgerView(notificationId))?.counts
    await untilHeld(story, 'apns')
    expect(await view()).toMatchObject({ pending: 3 })
    await expect.poll(view, { timeout: PATIENCE_MS }).toMatchObject({ pending: 0, expired: 3 })
    expect(await exceptionsOf(story, 'news')).toBe(0)
  })
})
