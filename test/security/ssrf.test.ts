/**
 * Every URL that a tenant can influence and that somebody connects to: what is not on the public internet is refused at
 * the door, with the field. The rules are pure and have their own tables (push/outbound-url.test.ts,
 * push/endpoint-guard.test.ts, push/ip-address.test.ts); this is that every door asks them.
 */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { postWebhook } from '../../workers/jobs/post-webhook.ts'
import { call, makeApp } from '../workers/calling.ts'
import { subscription } from '../workers/device-samples.ts'

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** Hosts as they stand in a URL: loopback, private, metadata, names of somewhere else, in the spellings of attackers. */
const INTERNAL_HOSTS = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'localhost.localdomain',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '%31%32%37.0.0.1',
  '①②⑦.⓪.⓪.①',
  '127.0.0.1.',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '192.168.257',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:7f00:1::]',
  '[2001:0:53aa:64c:0:7fff:80ff:fffe]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fe80::1%25eth0]',
  '[ff02::1]',
  '[2001:db8::1]',
  'metadata.google.internal',
  'kubernetes.default.svc.cluster.local',
  'printer.local',
  'router.home.arpa',
  'intranet',
  'wiki.corp',
  'hidden.onion',
  'a.test',
]

describe.each(INTERNAL_HOSTS)('%s', (host) => {
  it('is refused as a webhook, an endpoint and an image', async () => {
    const body = { url: `https://${host}/x`, events: ['notification.completed'] }
    const webhook = await call('POST', `/v1/apps/${app.id}/webhooks`, { bearer: app.admin, body })
    expect([webhook.status, webhook.body.code, webhook.body.param]).toEqual([400, 'webhook_url_not_allowed', '/url'])

    const device = { platform: 'webpush', subscription: { ...subscription(), endpoint: `https://${host}/x` } }
    const registered = await call('POST', '/v1/devices', { bearer: app.client, body: device })
    expect([registered.status, registered.body.code, registered.body.param]).toEqual([
      400,
      'endpoint_not_allowed',
      '/subscription/endpoint',
    ])

    const send = { to: { users: ['ada'] }, title: 'Hello', image: `https://${host}/x.png` }
    const sent = await call('POST', '/v1/notifications', { bearer: app.sender, body: send })
    expect([sent.status, sent.body.code, sent.body.param]).toEqual([400, 'validation_failed', '/image'])

    const fcm = { android: { notification: { image: `https://${host}/x.png` } } }
    const override = { to: { users: ['ada'] }, title: 'Hello', fcm }
    const overridden = await call('POST', '/v1/notifications', { bearer: app.sender, body: override })
    expect(overridden.body).toMatchObject({ code: 'validation_failed', param: '/fcm/android/notification/image' })
  })
})

describe('a name that was public when it was set', () => {
  const event = { id: 'evt_1', type: 'webhook.test', at: 0, body: '{}' } as const

  /** The resolver's answers, and everything else that would have been connected to. */
  function resolveTo(addresses: readonly string[], statusOf = (_type: number) => 0) {
    const connected: string[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (!url.href.startsWith(env.WEBHOOK_DNS_URL)) {
        connected.push(url.href)
        return new Response(null, { status: 204 })
      }
      const [type, isOf] = url.searchParams.get('type') === 'A' ? [1, '.'] : [28, ':']
      const found = addresses.filter((data) => data.includes(isOf))
      return Response.json({ Status: statusOf(type), Answer: found.map((data) => ({ type, data })) })
    })
    return connected
  }

  const attempt = async () => {
    const url = 'https://rebound.example.com/x'
    const body = { url, events: ['notification.completed'] }
    const made = await call('POST', `/v1/apps/${app.id}/webhooks`, { bearer: app.admin, body })
    const result = await postWebhook(env, { appId: app.id, webhookId: made.body.id }, event, Date.now())
    await call('DELETE', `/v1/apps/${app.id}/webhooks/${made.body.id}`, { bearer: app.admin })
    return result
  }

  it.each([
    [['127.0.0.1'], 'private_address'],
    [['169.254.169.254'], 'private_address'],
    [['93.184.215.14', '10.0.0.1'], 'private_address'],
    [['93.184.215.14', '::1'], 'private_address'],
    [['93.184.215.14', '::ffff:10.0.0.1'], 'private_address'],
    [[], 'name_not_resolved'],
  ])('and leads to %j now is not connected to', async (addresses, error) => {
    const connected = resolveTo(addresses)
    expect(await attempt()).toEqual({ status: null, error })
    expect(connected).toEqual([])
  })

  it('and still is, is', async () => {
    const connected = resolveTo(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])
    expect(await attempt()).toEqual({ status: 204, error: null })
    expect(connected).toEqual(['https://rebound.example.com/x'])
  })

  it('is not connected to when half of the question has no answer', async () => {
    const SERVFAIL = 2
    const connected = resolveTo(['93.184.215.14'], (type) => (type === 28 ? SERVFAIL : 0))
    expect(await attempt()).toEqual({ status: null, error: 'name_not_resolved' })
    expect(connected).toEqual([])
  })

  it('is not connected to when the resolver cannot be read', async () => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('<html>', { status: 200 }))
    expect(await attempt()).toEqual({ status: null, error: 'name_not_resolved' })
  })
})
