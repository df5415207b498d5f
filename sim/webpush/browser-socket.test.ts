/**
 * A browser in Mozilla's WebSocket protocol, played by a plain `ws` client: what Firefox sends and must hear.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import webPush from 'web-push'
import { WebSocket } from 'ws'
import { type Desk, makeDesk } from '../desk.ts'
import { startWebPush, type WebPushSimulator } from './server.ts'

const vapid = webPush.generateVAPIDKeys()
const CHANNEL = '8d9a1b3c-0000-4000-8000-000000000001'

let desk: Desk
let service: WebPushSimulator

beforeAll(async () => {
  desk = makeDesk()
  service = await startWebPush(desk)
})

afterAll(() => service.close())

/** A connection that remembers what it has heard until somebody asks. */
class Browser {
  readonly #socket: WebSocket
  readonly #heard: Record<string, unknown>[] = []
  #wake: () => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.#heard.push(JSON.parse(data.toString()))
      this.#wake()
    })
  }

  static async open(): Promise<Browser> {
    const socket = new WebSocket(service.socketUrl, 'push-notification')
    const browser = new Browser(socket)
    await once(socket, 'open')
    return browser
  }

  get subprotocol(): string {
    return this.#socket.protocol
  }

  say(message: unknown): void {
    this.#socket.send(JSON.stringify(message))
  }

  /** The next message, in order. */
  async hear(): Promise<Record<string, unknown>> {
    while (this.#heard.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#heard.shift()!
  }

  async ask(message: unknown): Promise<Record<string, unknown>> {
    this.say(message)
    return await this.hear()
  }

  /** Waits until the service has read everything that was said. */
  async settle(): Promise<void> {
    expect(await this.ask({})).toEqual({})
  }

  async closeCode(): Promise<number> {
    const [code] = await once(this.#socket, 'close')
    return code
  }

  async leave(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }
}

interface Subscribed {
  readonly browser: Browser
  readonly uaid: string
  readonly endpoint: string
}

async function subscribed(key: string | undefined = `${vapid.publicKey}=`): Promise<Subscribed> {
  const browser = await Browser.open()
  const { uaid } = await browser.ask({ messageType: 'hello', broadcasts: {}, use_webpush: true })
  const { pushEndpoint } = await browser.ask({ messageType: 'register', channelID: CHANNEL, key })
  return { browser, uaid: uaid as string, endpoint: pushEndpoint as string }
}

type PushOptions = webPush.RequestOptions & { readonly payload?: string | null }

/** What web-push would send, posted with fetch because web-push itself insists on https. */
async function push(endpoint: string, { payload = 'hello', ...options }: PushOptions = {}): Promise<Response> {
  const keys = { p256dh: webPush.generateVAPIDKeys().publicKey, auth: randomBytes(16).toString('base64url') }
  const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, payload ?? undefined, {
    vapidDetails: { subject: 'mailto:push@example.com', ...vapid },
    contentEncoding: 'aes128gcm',
    ...options,
  } satisfies webPush.RequestOptions)
  const { 'Content-Length': _, ...sent } = headers as Record<string, string>
  return await fetch(endpoint, { method: 'POST', headers: sent, body: body === null ? null : new Uint8Array(body) })
}

function versionOf(response: Response): string {
  return response.headers.get('location')!.split('/').at(-1)!
}

async function receiptsAt(endpoint: string) {
  const route = service.routes.find(({ path }) => path.endsWith('/receipts'))!
  const id = endpoint.split('/').at(-1)!
  return (await route.handle({ params: { id }, body: {} })).body as { data: readonly Record<string, unknown>[] }
}

test('hello without a name is answered with a new one of 32 hexadecimal digits', async () => {
  const browser = await Browser.open()
  expect(browser.subprotocol).toBe('push-notification')
  const answer = await browser.ask({ messageType: 'hello', broadcasts: {}, use_webpush: true })
  expect(answer).toEqual({
    messageType: 'hello',
    uaid: expect.stringMatching(/^[0-9a-f]{32}$/),
    status: 200,
    use_webpush: true,
    broadcasts: {},
  })
  await browser.leave()
})

test('a name that the service does not know is replaced', async () => {
  const browser = await Browser.open()
  const unknown = '0'.repeat(32)
  const { uaid } = await browser.ask({ messageType: 'hello', uaid: unknown, use_webpush: true })
  expect(uaid).not.toBe(unknown)
  await browser.leave()
})

test('the same channel and key keep their endpoint', async () => {
  const { browser, endpoint } = await subscribed()
  const again = await browser.ask({ messageType: 'register', channelID: CHANNEL, key: vapid.publicKey })
  expect(again).toMatchObject({ status: 200, pushEndpoint: endpoint })
  await browser.leave()
})

test('a key that is not on the curve is refused', async () => {
  const { browser } = await subscribed()
  const key = Buffer.alloc(65, 4).toString('base64url')
  expect(await browser.ask({ messageType: 'register', channelID: CHANNEL, key })).toMatchObject({ status: 400 })
  await browser.leave()
})

test('a push is forwarded as it came, acknowledged, and then forgotten', async () => {
  const { browser, uaid, endpoint } = await subscribed()
  const response = await push(endpoint)
  expect(response.status).toBe(201)
  const version = versionOf(response)
  const notification = await browser.hear()
  expect(notification).toEqual({
    messageType: 'notification',
    channelID: CHANNEL,
    version,
    data: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
    headers: { encoding: 'aes128gcm' },
  })
  browser.say({ messageType: 'ack', updates: [{ channelID: CHANNEL, version, code: 100 }] })
  await browser.settle()
  expect(await receiptsAt(endpoint)).toEqual({ data: [{ at: expect.any(Number), message_id: version, code: 100 }] })
  await browser.leave()

  const reconnected = await Browser.open()
  await reconnected.ask({ messageType: 'hello', uaid, use_webpush: true })
  await reconnected.settle()
  await reconnected.leave()
})

test('an empty push has neither data nor headers', async () => {
  const { browser, endpoint } = await subscribed()
  const version = versionOf(await push(endpoint, { payload: null }))
  expect(await browser.hear()).toEqual({ messageType: 'notification', channelID: CHANNEL, version })
  await browser.leave()
})

test('what came while the browser was away, or was not acknowledged, comes after the next hello', async () => {
  const { browser, uaid, endpoint } = await subscribed()
  const unacknowledged = versionOf(await push(endpoint))
  await browser.hear()
  await browser.leave()
  const missed = versionOf(await push(endpoint))

  const reconnected = await Browser.open()
  expect(await reconnected.ask({ messageType: 'hello', uaid, use_webpush: true })).toMatchObject({ uaid })
  expect(await reconnected.hear()).toMatchObject({ version: unacknowledged })
  expect(await reconnected.hear()).toMatchObject({ version: missed })
  await reconnected.leave()
})

test('a TTL of 0 is for a browser that is there: accepted, and not kept for one that is not', async () => {
  const { browser, uaid, endpoint } = await subscribed()
  await browser.leave()
  expect((await push(endpoint, { TTL: 0 })).status).toBe(201)

  const reconnected = await Browser.open()
  await reconnected.ask({ messageType: 'hello', uaid, use_webpush: true })
  await reconnected.settle()
  await reconnected.leave()
})

test('a newer push of the same topic replaces one that is still waiting', async () => {
  const { browser, uaid, endpoint } = await subscribed()
  await browser.leave()
  await push(endpoint, { topic: 'score' })
  const newer = versionOf(await push(endpoint, { topic: 'score' }))

  const reconnected = await Browser.open()
  await reconnected.ask({ messageType: 'hello', uaid, use_webpush: true })
  expect(await reconnected.hear()).toMatchObject({ version: newer })
  await reconnected.settle()
  await reconnected.leave()
})

test('a nack follows the ack and is kept beside it', async () => {
  const { browser, endpoint } = await subscribed()
  const version = versionOf(await push(endpoint))
  await browser.hear()
  browser.say({ messageType: 'ack', updates: [{ channelID: CHANNEL, version, code: 100 }] })
  browser.say({ messageType: 'nack', version, code: 302 })
  await browser.settle()
  expect((await receiptsAt(endpoint)).data).toMatchObject([{ code: 100 }, { code: 302 }])
  await browser.leave()
})

test('the endpoint of an unregistered channel is gone', async () => {
  const { browser, endpoint } = await subscribed()
  const answer = await browser.ask({ messageType: 'unregister', channelID: CHANNEL, code: 200 })
  expect(answer).toEqual({ messageType: 'unregister', channelID: CHANNEL, status: 200 })
  expect((await push(endpoint)).status).toBe(410)
  await browser.leave()
})

test('everything but the decryption is checked for a browser too', async () => {
  const { browser, endpoint } = await subscribed()
  const vapidDetails = { subject: 'mailto:push@example.com', ...webPush.generateVAPIDKeys() }
  expect((await push(endpoint, { vapidDetails })).status).toBe(401)
  await browser.leave()
})

test('anything before hello, and anything that is not of the protocol, ends the connection', async () => {
  const impatient = await Browser.open()
  impatient.say({ messageType: 'register', channelID: CHANNEL })
  expect(await impatient.closeCode()).toBe(1008)
  const confused = await Browser.open()
  confused.say('hello')
  expect(await confused.closeCode()).toBe(1003)
})
