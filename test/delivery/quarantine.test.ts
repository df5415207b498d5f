/** A wrong environment calls every device dead: they are quarantined, and come back when it is mended. */
import { env, exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { readThrottle } from '../../durable-objects/throttle.ts'
import { runJobs } from '../../workers/jobs/cron.ts'
import { call, control, fcmToken, type Story, send, settled, tellStory } from './story.ts'

/** Enough that some of them are called dead after so many others were that it is doubted. */
const DEVICES = 400

async function importDevices(story: Story, prefix: string): Promise<void> {
  const lines = Array.from({ length: DEVICES }, () => {
    return JSON.stringify({ platform: 'fcm', token: fcmToken(prefix), topics: ['news'] })
  })
  const headers = { authorization: `Bearer ${story.key}`, 'content-type': 'application/x-ndjson' }
  const init = { method: 'POST', headers, body: lines.join('\n') }
  const response = await exports.default.fetch(new Request('https://fanfare.test/v1/devices/import', init))
  expect(await response.json()).toMatchObject({ created: DEVICES })
}

it('devices that are called dead by the hundred are quarantined, and nobody is lost', async () => {
  const story = await tellStory(['fcm'])
  const prefix = `wrong${crypto.randomUUID()}`
  await importDevices(story, prefix)
  const fault = await control('POST', '/faults', { service: 'fcm', prefix, effect: { kind: 'unregistered' } })
  const first = await settled(story, await send(story, { to: { topic: 'news' } }))
  expect(first.counts).toMatchObject({ targeted: DEVICES, unregistered: DEVICES })
  const guard = () => readThrottle(env, { appId: story.id, platform: 'fcm' })
  expect(await guard()).toMatchObject({ quarantine: true })
  const { data } = await call('GET', '/v1/quarantine?limit=500', story.key, undefined, 200)
  const quarantined = (data as unknown[]).length
  expect(quarantined).toBeGreaterThan(100)
  expect(data).toMatchObject(Array.from({ length: quarantined }, () => ({ retired_reason: 'UNREGISTERED' })))
  expect(await call('GET', '/v1/topics/news', story.key)).toMatchObject({ subscribers: 0 })
  await runJobs(env, Date.now())
  expect(await call('GET', '/v1/topics/news', story.key)).toMatchObject({ subscribers: 0 })
  // Mended: the right credential, and a service that knows the devices.
  await control('DELETE', `/faults/${fault.id}`)
  const account = await control('POST', '/fcm/service-accounts', { project_id: `right-${story.id.slice(-8)}` })
  await call('PUT', `/v1/apps/${story.id}/credentials/fcm`, env.ROOT_KEY!, { service_account: account }, 200)
  expect(await guard()).toMatchObject({ quarantine: false })
  await runJobs(env, Date.now())
  expect(await call('GET', '/v1/topics/news', story.key)).toMatchObject({ subscribers: 100 })
  const rest = await call('POST', '/v1/quarantine/release', story.key, {}, 200)
  expect(rest).toMatchObject({ decided: quarantined - 100, more: false })
  const second = await settled(story, await send(story, { to: { topic: 'news' } }))
  expect(second.counts).toMatchObject({ targeted: quarantined, accepted: quarantined })
})
