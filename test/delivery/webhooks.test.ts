/** Webhooks from what happened to the receiver: signed, retried, logged, replayed, and not lost. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { emitWebhook } from '../../durable-objects/emit-webhook.ts'
import { outboxOf } from '../../durable-objects/stubs.ts'
import type { WebhookOutbox } from '../../durable-objects/webhook-outbox.ts'
import { deliverWebhook } from '../../workers/jobs/webhooks.ts'
import { call, control, fcmToken, register, type Story, send, settled, tellStory } from './story.ts'
import {
  deliveryWith,
  hookUp,
  inboxOf,
  isSigned,
  logOf,
  received,
  tellReceiver,
  testHook,
  verified,
} from './webhook-story.ts'

const LEASE_MS = Number(env.LEASE_SECONDS) * 1000

/** What FCM says to a request that is wrong, without a word about the device token. */
const INVALID = { code: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' }

let story: Story

beforeAll(async () => {
  story = await tellStory(['fcm'])
})

const outboxStub = () => env.WEBHOOK_OUTBOX.getByName(story.id)

describe('an event', () => {
  it('of a notification that is over comes with its counts, signed, once', async () => {
    const hook = await hookUp(story, ['notification.completed'])
    const device = await register(story, { platform: 'fcm', token: fcmToken() })
    const id = await send(story, { to: { devices: [device] }, campaign: 'autumn' })
    await settled(story, id)
    const [request] = await received(hook, 1)
    const event = await verified(request!, hook.secret)
    expect(event).toMatchObject({
      type: 'notification.completed',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        notification_id: id,
        status: 'completed',
        campaign: 'autumn',
        counts: { targeted: 1, accepted: 1, pending: 0 },
        by_platform: { fcm: { accepted: 1 } },
      },
    })
    expect(request!.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^evt_[0-9a-z]{29}$/),
    })
    const logged = await deliveryWith(story, hook, {
      status: 'delivered',
      attempts: [{ status_code: 204, error: null }],
    })
    const path = `/v1/apps/${story.id}/webhooks/${hook.id}/deliveries/${logged.id}`
    expect((await call('GET', path, story.key, undefined, 200)).body).toBe(request!.body)
    // The alarm after the end tells it again, which changes nothing.
    const notification = env.NOTIFICATION.getByName(`${story.id}/${id.slice(13)}`)
    await evictDurableObject(notification)
    await runDurableObjectAlarm(notification)
    expect(await logOf(story, hook)).toHaveLength(1)
  })

  it('of dead letters and of retired devices names them', async () => {
    const hook = await hookUp(story, ['dead_letter.created', 'device.retired'])
    const refused = { kind: 'status', status: 400, body: JSON.stringify({ error: INVALID }) }
    const [wrong, gone] = [fcmToken('wrong'), fcmToken('gone')]
    await control('POST', '/faults', { service: 'fcm', prefix: wrong, effect: refused })
    await control('POST', '/faults', { service: 'fcm', prefix: gone, effect: { kind: 'unregistered' } })
    const rejected = await register(story, { platform: 'fcm', token: wrong })
    const dead = await register(story, { platform: 'fcm', token: gone })
    const id = await send(story, { to: { devices: [rejected, dead] } })
    await settled(story, id)
    const events = await Promise.all((await received(hook, 2)).map((request) => verified(request, hook.secret)))
    const letters = await call('GET', `/v1/dead-letters?notification_id=${id}`, story.key, undefined, 200)
    const byType = new Map(events.map((event) => [event.type, event.data]))
    expect(byType.get('dead_letter.created')).toEqual({
      notification_id: id,
      count: 1,
      ids: (letters.data as { id: string }[]).map((letter) => letter.id),
    })
    expect(byType.get('device.retired')).toEqual({
      devices: [{ device_id: dead, platform: 'fcm', reason: 'UNREGISTERED' }],
      quarantined: false,
    })
  })

  it('that nobody asked for is kept nowhere', async () => {
    const other = await tellStory(['fcm'])
    const hook = await hookUp(other, ['quota.warning'])
    const device = await register(other, { platform: 'fcm', token: fcmToken() })
    await settled(other, await send(other, { to: { devices: [device] } }))
    await emitWebhook(env, other.id, { type: 'quota.warning', at: Date.now(), key: 'sends/1', data: { used: 80 } })
    const [request] = await received(hook, 1)
    expect(await verified(request!, hook.secret)).toMatchObject({ type: 'quota.warning', data: { used: 80 } })
    expect(await logOf(other, hook)).toHaveLength(1)
  })

  it('from before a webhook was there is none of its business', async () => {
    const hook = await hookUp(story, ['quota.exceeded'])
    const old = { type: 'quota.exceeded', at: Date.now() - 60_000, key: 'sends/0', data: {} } as const
    await emitWebhook(env, story.id, old)
    expect(await logOf(story, hook)).toEqual([])
  })
})

describe('an attempt', () => {
  it('that fails is repeated with the same id and body, and a signature of its own', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 500 }, { status: 503 }])
    await testHook(story, hook)
    const requests = await received(hook, 3)
    for (const request of requests) await verified(request, hook.secret)
    expect(new Set(requests.map(({ headers, body }) => headers['webhook-id'] + body)).size).toBe(1)
    await deliveryWith(story, hook, {
      status: 'delivered',
      next_attempt_at: null,
      attempts: [{ error: 'http_500' }, { error: 'http_503' }, { status_code: 204, error: null }],
    })
  })

  it('waits as long as Retry-After says', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 429, headers: { 'retry-after': '2' } }])
    await testHook(story, hook)
    const [first, second] = await received(hook, 2)
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_900)
  })

  it('that is redirected has failed, and nobody is asked there', async () => {
    const trap = await hookUp(story, ['quota.warning'])
    const location = env.WEBHOOK_RECEIVER_URL + trap.path
    const hook = await hookUp(story, ['quota.warning'], [{ status: 307, headers: { location } }])
    await testHook(story, hook)
    await received(hook, 2)
    await deliveryWith(story, hook, { attempts: [{ status_code: 307, error: 'redirected' }, { error: null }] })
    expect((await inboxOf(trap)).received).toEqual([])
  })

  it('answered with 410 is the last one: the webhook is disabled, and says so', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 410 }])
    await testHook(story, hook)
    await deliveryWith(story, hook, { status: 'failed', attempts: [{ error: 'http_410' }] })
    const shown = await call('GET', `/v1/apps/${story.id}/webhooks/${hook.id}`, story.key, undefined, 200)
    expect(shown).toMatchObject({ enabled: false, disabled_reason: 'gone', disabled_at: expect.any(String) })
    const audited = await call('GET', '/v1/audit?action=webhookDisabled', story.key, undefined, 200)
    expect(audited.data).toMatchObject([{ target: hook.id, actor: { kind: 'system' }, after: { reason: 'gone' } }])
    const again = await call('PATCH', `/v1/apps/${story.id}/webhooks/${hook.id}`, story.key, { enabled: true }, 200)
    expect(again).toMatchObject({ enabled: true, disabled_reason: null, disabled_at: null })
  })

  it('carries both signatures while the secret is rotated', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    const path = `/v1/apps/${story.id}/webhooks/${hook.id}/secret`
    const { secret } = await call('POST', path, story.key, { overlap_seconds: 60 }, 200)
    await testHook(story, hook)
    const [request] = await received(hook, 1)
    expect(await isSigned(request!, hook.secret)).toBe(true)
    expect(await isSigned(request!, secret as string)).toBe(true)
    await call('POST', path, story.key, { overlap_seconds: 0 }, 200)
    await testHook(story, hook)
    const requests = await received(hook, 2)
    expect(await isSigned(requests[1]!, secret as string)).toBe(false)
  })

  it('of a slow receiver keeps nobody else waiting, and is given up at its deadline', async () => {
    const slow = await hookUp(story, ['quota.warning'], Array(6).fill({ status: 204, afterMs: 60_000 }))
    const quick = await hookUp(story, ['quota.warning'])
    for (let i = 0; i < 6; i++) await testHook(story, slow)
    await testHook(story, quick)
    const [request] = await received(quick, 1)
    expect(await verified(request!, quick.secret)).toMatchObject({ type: 'webhook.test' })
    await expect
      .poll(async () => (await logOf(story, slow)).some(({ attempts }) => attempts[0]?.error === 'timeout'), {
        timeout: 20_000,
      })
      .toBe(true)
    expect((await inboxOf(slow)).mostAtOnce).toBeLessThanOrEqual(4)
    await expect.poll(async () => (await logOf(story, slow, '?status=delivered')).length, { timeout: 20_000 }).toBe(6)
  })
})

describe('a quota', () => {
  it('that is nearly used up, and one that refuses, is told once for each threshold and day', async () => {
    const hook = await hookUp(story, ['quota.warning', 'quota.exceeded'])
    await call('PUT', `/v1/apps/${story.id}/quotas`, env.ROOT_KEY!, { sends_a_day: 1 }, 200)
    const body = { to: { topic: 'quotas' }, title: 'Hello' }
    for (const status of [202, 429, 429]) await call('POST', '/v1/notifications', story.key, body, status)
    await call('PUT', `/v1/apps/${story.id}/quotas`, env.ROOT_KEY!, {}, 200)
    const events = await Promise.all((await received(hook, 2)).map((request) => verified(request, hook.secret)))
    expect(events.toSorted((a, b) => String(a.type).localeCompare(String(b.type)))).toMatchObject([
      { type: 'quota.exceeded', data: { quota: 'sends_a_day', used: 1, limit: 1, resets_at: expect.any(String) } },
      { type: 'quota.warning', data: { quota: 'sends_a_day', percent: 95, used: 1, limit: 1 } },
    ])
    expect(await logOf(story, hook)).toHaveLength(2)
  })
})

describe('the log', () => {
  it('is replayed: one delivery, or all that failed since an instant', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 410 }])
    const since = new Date(Date.now() - 60_000).toISOString()
    const path = `/v1/apps/${story.id}/webhooks/${hook.id}`
    await testHook(story, hook)
    const failed = await deliveryWith(story, hook, { status: 'failed' })
    await call('PATCH', path, story.key, { enabled: true }, 200)
    const all = await call('POST', `${path}/deliveries/replay`, story.key, { since }, 202)
    expect(all).toMatchObject({ replayed: 1, more: false })
    await deliveryWith(story, hook, { id: failed.id, status: 'delivered' })
    const one = await call('POST', `${path}/deliveries/${failed.id}/replay`, story.key, undefined, 202)
    expect(one).toMatchObject({ id: failed.id, status: 'pending' })
    const requests = await received(hook, 3)
    expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([failed.event.id]))
    await deliveryWith(story, hook, { status: 'delivered' })
    expect(await logOf(story, hook, '?status=failed')).toEqual([])
    expect(await call('POST', `${path}/deliveries/replay`, story.key, { since }, 202)).toMatchObject({ replayed: 0 })
  })

  it('goes with its webhook, and so does what was on its way', async () => {
    const hook = await hookUp(story, ['quota.warning'], Array(20).fill({ status: 500 }))
    const { id } = await testHook(story, hook)
    await received(hook, 1)
    await call('DELETE', `/v1/apps/${story.id}/webhooks/${hook.id}`, story.key, undefined, 204)
    expect(await outboxOf(env, story.id).find(hook.id, id as string)).toBeNull()
  })
})

describe('nothing is lost', () => {
  /** A delivery whose message no queue has: the queue of this instance of the outbox swallows it. */
  async function loseMessage(hook: Awaited<ReturnType<typeof hookUp>>): Promise<string> {
    await evictDurableObject(outboxStub())
    await runInDurableObject(outboxStub(), (instance: WebhookOutbox) => {
      const holder = instance as unknown as { env: Env }
      holder.env = { ...env, WEBHOOKS: { sendBatch: async () => {} } as unknown as Queue }
    })
    const { id } = await testHook(story, hook)
    await runInDurableObject(outboxStub(), (instance: WebhookOutbox) => {
      const holder = instance as unknown as { env: Env }
      holder.env = env
    })
    return id as string
  }

  it('when the queue loses a message: the alarm brings it back', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    await loseMessage(hook)
    expect((await inboxOf(hook)).received).toEqual([])
    await deliveryWith(story, hook, { status: 'delivered', attempts: [{ error: null }] })
  })

  it('when a consumer dies: its attempt is in the log, and another one follows', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    const id = await loseMessage(hook)
    expect((await outboxOf(env, story.id).lease(hook.id, id)).kind).toBe('leased')
    await deliveryWith(story, hook, { status: 'delivered', attempts: [{ error: 'unreported' }, { error: null }] })
  })

  it('when the outbox is restarted between two attempts', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 500, headers: { 'retry-after': '1' } }])
    await testHook(story, hook)
    await deliveryWith(story, hook, { status: 'pending', attempts: [{ error: 'http_500' }] })
    await evictDurableObject(outboxStub())
    await deliveryWith(story, hook, { status: 'delivered', attempts: [{ error: 'http_500' }, { error: null }] })
  })

  it('and a message that comes twice is one attempt', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    const { id } = await testHook(story, hook)
    const message = { kind: 'webhook.v1', appId: story.id, webhookId: hook.id, deliveryId: id as string } as const
    await Promise.all([deliverWebhook(env, message), deliverWebhook(env, message)])
    await deliveryWith(story, hook, { status: 'delivered' })
    await deliverWebhook(env, message)
    expect((await inboxOf(hook)).received).toHaveLength(1)
  })

  it('and an event that is told twice is one event', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    const occurrence = { type: 'quota.warning', at: Date.now() + 1, key: 'sends/2', data: {} } as const
    await emitWebhook(env, story.id, occurrence)
    await emitWebhook(env, story.id, { ...occurrence, at: occurrence.at + LEASE_MS })
    await deliveryWith(story, hook, { status: 'delivered' })
    expect(await logOf(story, hook)).toHaveLength(1)
  })
})

describe('a webhook that takes nothing for the whole of its schedule', () => {
  it('is disabled, and says so', async () => {
    const hook = await hookUp(story, ['quota.warning'], [{ status: 500 }])
    await testHook(story, hook)
    await deliveryWith(story, hook, { attempts: [{ error: 'http_500' }] })
    // Nine attempts are behind it, as after three days.
    await tellReceiver(hook.path, [{ status: 500 }])
    await runInDurableObject(outboxStub(), (_instance, { storage }) => {
      storage.sql.exec('update delivery set tries = 9, next_at = ? where webhook_id = ?', Date.now(), hook.id)
    })
    await runDurableObjectAlarm(outboxStub())
    await deliveryWith(story, hook, { status: 'failed' })
    const shown = await call('GET', `/v1/apps/${story.id}/webhooks/${hook.id}`, story.key, undefined, 200)
    expect(shown).toMatchObject({ enabled: false, disabled_reason: 'failing' })
  })
})

describe('what is older than thirty days', () => {
  it('is dropped by the alarm', async () => {
    const hook = await hookUp(story, ['quota.warning'])
    await testHook(story, hook)
    await deliveryWith(story, hook, { status: 'delivered' })
    await runInDurableObject(outboxStub(), (_instance, { storage }) => {
      const [{ event_key: key }] = storage.sql
        .exec<{ event_key: string }>('select event_key from delivery where webhook_id = ?', hook.id)
        .toArray() as [{ event_key: string }]
      storage.sql.exec('update event set at = 1 where key = ?', key)
      storage.kv.put('dropAt', Date.now())
    })
    await runDurableObjectAlarm(outboxStub())
    expect(await logOf(story, hook)).toEqual([])
  })
})
