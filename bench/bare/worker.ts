/**
 * A Worker that does nothing but fetch: takes a plan, and on demand pushes to everybody in it, a few at a time. No
 * queue, no ledger, no deadline, no retry, no reading of answers beyond their status.
 */
import { encryptPush, type SubscriptionKeys } from '../../push/providers/webpush/encryption.ts'
import type { DeviceAddress, Subscription } from '../audience.ts'
import type { BareAnswer, BarePlan } from './plan.ts'

interface BareRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
}

type Build = (index: number) => BareRequest | Promise<BareRequest>

let build: Build = () => {
  throw new Error('there is no plan yet')
}
let count = 0

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/plan') {
      const plan = (await request.json()) as BarePlan
      build = await prepare(plan)
      count = plan.audience.length
      return new Response(null, { status: 204 })
    }
    const accepted = await pushAll(Number(searchParams.get('concurrency')))
    return Response.json({ accepted } satisfies BareAnswer)
  },
}

async function pushAll(concurrency: number): Promise<number> {
  let accepted = 0
  let next = 0
  const runLane = async () => {
    while (next < count) {
      const built = build(next++)
      const { url, headers, body } = built instanceof Promise ? await built : built
      const response = await fetch(url, { method: 'POST', headers, body })
      await response.arrayBuffer()
      if (response.ok) accepted++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, runLane))
  return accepted
}

async function prepare({ service, url, headers, before, after, audience, preEncrypted }: BarePlan): Promise<Build> {
  switch (service) {
    case 'fcm': {
      const tokens = audience.map(tokenOf)
      return (index) => ({ url, headers, body: before + tokens[index] + after })
    }
    case 'apns': {
      const tokens = audience.map(tokenOf)
      return (index) => ({
        url: url + tokens[index],
        headers: { ...headers, 'apns-id': crypto.randomUUID() },
        body: before,
      })
    }
    case 'webpush':
      return await prepareWebPush(audience.map(subscriptionOf), headers, before, preEncrypted)
  }
}

async function prepareWebPush(
  subscriptions: readonly Subscription[],
  headers: Readonly<Record<string, string>>,
  payload: string,
  preEncrypted: boolean,
): Promise<Build> {
  const plaintext = new TextEncoder().encode(payload)
  const encrypt = ({ keys }: Subscription) => encryptPush(plaintext, keysOf(keys))
  if (!preEncrypted) {
    return async (index) => {
      const subscription = subscriptions[index]!
      return { url: subscription.endpoint, headers, body: await encrypt(subscription) }
    }
  }
  const bodies: Uint8Array<ArrayBuffer>[] = []
  for (const subscription of subscriptions) bodies.push(await encrypt(subscription))
  return (index) => ({ url: subscriptions[index]!.endpoint, headers, body: bodies[index]! })
}

function tokenOf(address: DeviceAddress): string {
  return 'token' in address ? address.token : ''
}

function subscriptionOf(address: DeviceAddress): Subscription {
  if ('subscription' in address) return address.subscription
  throw new Error('a Web Push audience has subscriptions')
}

function keysOf({ p256dh, auth }: Subscription['keys']): SubscriptionKeys {
  return { publicKey: fromBase64Url(p256dh), authSecret: fromBase64Url(auth) }
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
