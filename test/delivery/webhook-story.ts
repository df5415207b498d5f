/** What the webhook stories have in common: a webhook at the receiver, what came there, and a check of signatures. */

import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { call, type Json, type Story } from './story.ts'
import type { Inbox, Received, Scripted } from './webhook-inbox.ts'

export interface Hook {
  readonly id: string
  readonly secret: string
  readonly path: string
}

let made = 0

/** A webhook whose receiver answers as scripted. */
export async function hookUp(story: Story, events: readonly string[], script: readonly Scripted[] = []): Promise<Hook> {
  const path = `/hook-${crypto.randomUUID()}-${++made}`
  await tellReceiver(path, script)
  const body = { url: env.WEBHOOK_RECEIVER_URL + path, events }
  const { id, secret } = await call('POST', `/v1/apps/${story.id}/webhooks`, story.key, body, 201)
  return { id: id as string, secret: secret as string, path }
}

export async function tellReceiver(path: string, script: readonly Scripted[]): Promise<void> {
  await fetch(`${env.WEBHOOK_RECEIVER_URL}/control${path}`, { method: 'PUT', body: JSON.stringify(script) })
}

export async function inboxOf({ path }: Hook): Promise<Inbox> {
  return (await (await fetch(`${env.WEBHOOK_RECEIVER_URL}/control${path}`)).json()) as Inbox
}

/** What came to the webhook, once there are that many. */
export async function received(hook: Hook, count: number): Promise<Received[]> {
  const come = async () => (await inboxOf(hook)).received
  await expect.poll(async () => (await come()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count)
  return await come()
}

export interface LoggedDelivery {
  readonly id: string
  readonly event: { readonly id: string; readonly type: string }
  readonly status: string
  readonly attempts: readonly { readonly status_code: number | null; readonly error: string | null }[]
  readonly next_attempt_at: string | null
}

/** The log of a webhook, the newest first. */
export async function logOf(story: Story, { id }: Hook, query = ''): Promise<LoggedDelivery[]> {
  const page = await call('GET', `/v1/apps/${story.id}/webhooks/${id}/deliveries${query}`, story.key, undefined, 200)
  return page.data as LoggedDelivery[]
}

/** The only delivery of a webhook, once it is as expected. */
export async function deliveryWith(story: Story, hook: Hook, expected: object): Promise<LoggedDelivery> {
  await expect.poll(async () => (await logOf(story, hook))[0], { timeout: 20_000 }).toMatchObject(expected)
  return (await logOf(story, hook))[0]!
}

export async function testHook(story: Story, { id }: Hook): Promise<Json> {
  return await call('POST', `/v1/apps/${story.id}/webhooks/${id}/test`, story.key, undefined, 202)
}

/** What Standard Webhooks asks a receiver to do, written from its text and not with our code. */
export async function verified({ headers, body }: Received, secret: string): Promise<Json> {
  expect(await isSigned({ headers, body }, secret), 'the signature').toBe(true)
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))
  expect(ageSeconds, 'the age of the signature').toBeLessThan(300)
  return JSON.parse(body) as Json
}

export async function isSigned(
  { headers, body }: Pick<Received, 'headers' | 'body'>,
  secret: string,
): Promise<boolean> {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  for (const versioned of (headers['webhook-signature'] ?? '').split(' ')) {
    const [version, signature = ''] = versioned.split(',')
    if (version !== 'v1') continue
    if (await crypto.subtle.verify('HMAC', key, Buffer.from(signature, 'base64'), content)) return true
  }
  return false
}
