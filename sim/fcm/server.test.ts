/**
 * The simulated Google over plain HTTP/1.1, as a Worker in workerd reaches it: what faults look like on the wire.
 */

import { createPublicKey } from 'node:crypto'
import { importPKCS8, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, makeDesk } from '../desk.ts'
import type { Effect } from '../faults.ts'
import { type FcmSimulator, startFcm } from './server.ts'
import { TOKEN_AUDIENCE } from './token-request.ts'

const DEVICE_TOKEN = `device-1:APA91b${'x'.repeat(120)}`

let desk: Desk
let fcm: FcmSimulator
let accessToken: string
let serviceAccount: Record<string, string>

beforeAll(async () => {
  desk = makeDesk()
  fcm = await startFcm(desk, { ports: {} })
  serviceAccount = (await control('POST', '/fcm/service-accounts', { project_id: 'demo-project' })).body
  accessToken = (await fetchAccessToken()).body.access_token
  desk.inbox.clear()
})

afterEach(() => {
  desk.faults.clear()
  desk.inbox.clear()
  desk.latency.set(null, 0)
})

afterAll(() => fcm.close())

/** Calls a route of the simulator as the control API would. */
async function control(method: string, path: string, body: Record<string, unknown> = {}) {
  const route = fcm.routes.find((candidate) => candidate.method === method && candidate.path === path)!
  const answer = await route.handle({ params: {}, body })
  return { status: answer.status, body: answer.body as Record<string, string> }
}

async function fetchAccessToken() {
  const key = await importPKCS8(serviceAccount.private_key!, 'RS256')
  const assertion = await new SignJWT({ scope: 'https://www.googleapis.com/auth/firebase.messaging' })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: serviceAccount.private_key_id })
    .setIssuer(serviceAccount.client_email!)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key)
  const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  const response = await fetch(fcm.tokenUrl, { method: 'POST', body: form })
  return { status: response.status, body: (await response.json()) as Record<string, string> & { access_token: string } }
}

function send(message: Record<string, unknown> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${fcm.url}/v1/projects/demo-project/messages:send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message: { token: DEVICE_TOKEN, data: { fanfare_id: 'ntf_1' }, ...message } }),
    signal,
  })
}

function fault(effect: Effect): void {
  desk.faults.add({ service: 'fcm', prefix: 'device-', effect })
}

describe('the token endpoint', () => {
  it('gives an access token for just under an hour', async () => {
    const { status, body } = await fetchAccessToken()
    expect(status).toBe(200)
    expect(body).toEqual({ access_token: expect.stringMatching(/^ya29\./), expires_in: 3599, token_type: 'Bearer' })
    expect(desk.inbox.counts().oauth).toMatchObject({ requests: 1, accepted: 1 })
  })

  it.each([
    { effect: { reason: 'invalid_grant', status: 400 }, error: 'invalid_grant' },
    { effect: { reason: 'deleted_client', status: 401 }, error: 'deleted_client' },
    { effect: { status: 500 }, error: 'internal_failure' },
  ])('answers a scripted $effect', async ({ effect, error }) => {
    desk.faults.add({ service: 'oauth', prefix: serviceAccount.client_email!, effect: { kind: 'status', ...effect } })
    const { status, body } = await fetchAccessToken()
    expect([status, body.error]).toEqual([effect.status, error])
  })

  it('makes senders fetch a new access token when all are revoked', async () => {
    expect((await control('DELETE', '/fcm/access-tokens')).status).toBe(204)
    expect((await send()).status).toBe(401)
    accessToken = (await fetchAccessToken()).body.access_token
    expect((await send()).status).toBe(200)
  })
})

describe('a service account', () => {
  it('looks like the file of the console', () => {
    expect(serviceAccount).toMatchObject({
      type: 'service_account',
      project_id: 'demo-project',
      token_uri: TOKEN_AUDIENCE,
      private_key: expect.stringContaining('BEGIN PRIVATE KEY'),
    })
  })

  it('is made for a key that one has already', async () => {
    const other = await control('POST', '/fcm/service-accounts', { project_id: 'other-project' })
    const publicKey = createPublicKey(other.body.private_key!)
    const body = { project_id: 'third-project', public_key: publicKey.export({ type: 'spki', format: 'pem' }) }
    const answer = await control('POST', '/fcm/service-accounts', body)
    expect(answer.body).toMatchObject({ project_id: 'third-project' })
    expect(answer.body.private_key).toBeUndefined()
  })

  it.each([
    { body: {}, says: '"project_id" is missing' },
    { body: { project_id: '../x' }, says: '"project_id" must match' },
    { body: { project_id: 'demo-project', public_key: 'x' }, says: 'not a PEM key' },
    { body: { project_id: 'new-project', client_email: 'x@y', public_key: undefined }, says: null },
    { body: { project_id: 'another-project', client_email: 'x@y' }, says: 'belongs to the project new-project' },
  ])('is checked: $body', async ({ body, says }) => {
    const made = control('POST', '/fcm/service-accounts', body)
    if (says === null) expect((await made).status).toBe(201)
    else await expect(made).rejects.toThrow(says)
  })
})

describe('a send', () => {
  it('arrives with what it carried', async () => {
    const response = await send()
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ name: expect.stringMatching(/^projects\/demo-project\/messages\/0:/) })
    expect(desk.inbox.arrivalsAt('fcm', DEVICE_TOKEN)).toMatchObject([
      { status: 200, accepted: true, message_id: 'ntf_1', payload: { data: { fanfare_id: 'ntf_1' } } },
    ])
  })

  it('is refused before any fault when it is wrong', async () => {
    fault({ kind: 'hang' })
    expect((await send({ data: { from: 'x' } })).status).toBe(400)
    expect(desk.faults.list()[0]!.seen).toBe(0)
    expect(desk.inbox.arrivalsAt('fcm', DEVICE_TOKEN)).toMatchObject([{ status: 400, reason: 'INVALID_ARGUMENT' }])
  })

  it('takes as long as it is told to', async () => {
    desk.latency.set('fcm', 20)
    fault({ kind: 'latency', ms: 30 })
    const startedAt = performance.now()
    expect((await send()).status).toBe(200)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(48)
  })

  it('finds nothing at other paths and by other methods', async () => {
    for (const [method, path] of [
      ['GET', '/v1/projects/demo-project/messages:send'],
      ['POST', '/v1/projects/demo-project/messages'],
      ['POST', '/batch'],
    ] as const) {
      const response = await fetch(`${fcm.url}${path}`, { method })
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8'])
    }
  })
})

describe('a scripted fault', () => {
  it.each([
    { effect: { status: 503, retry_after: 7 }, header: '7', code: 'UNAVAILABLE' },
    { effect: { status: 429, retry_after: 'Sun, 22 Nov 2026 00:00:00 GMT' }, header: /GMT$/, code: 'QUOTA_EXCEEDED' },
    { effect: { status: 500 }, header: null, code: 'INTERNAL' },
    { effect: { status: 404 }, header: null, code: 'UNREGISTERED' },
    { effect: { status: 418, reason: 'TEAPOT' }, header: null, code: 'TEAPOT' },
    { effect: { status: 500, reason: 'UNREGISTERED' }, header: null, code: 'UNREGISTERED' },
  ])("answers $effect with FCM's code", async ({ effect, header, code }) => {
    fault({ kind: 'status', ...effect })
    const response = await send()
    const { error } = (await response.json()) as { error: { code: number; details: { errorCode?: string }[] } }
    expect([response.status, error.code]).toEqual([effect.status, effect.status])
    expect(error.details.find(({ errorCode }) => errorCode !== undefined)!.errorCode).toBe(code)
    if (header === null) expect(response.headers.get('retry-after')).toBeNull()
    else expect(response.headers.get('retry-after')).toMatch(header)
  })

  it('of the project rate carries no code of FCM, but says which limit', async () => {
    fault({ kind: 'status', status: 429, reason: 'RATE_LIMIT_EXCEEDED', retry_after: 30 })
    const { error } = (await (await send()).json()) as { error: { details: Record<string, unknown>[] } }
    expect(error.details.map((detail) => detail['@type'])).toEqual([
      'type.googleapis.com/google.rpc.ErrorInfo',
      'type.googleapis.com/google.rpc.Help',
    ])
    expect(error.details[0]).toMatchObject({
      reason: 'RATE_LIMIT_EXCEEDED',
      metadata: { quota_limit: 'SendsPerMinutePerProject' },
    })
  })

  it('may have a body and headers of its own', async () => {
    fault({ kind: 'status', status: 400, body: { odd: true }, headers: { 'x-odd': '1' } })
    const response = await send()
    expect([response.status, response.headers.get('x-odd'), await response.json()]).toEqual([400, '1', { odd: true }])
  })

  it('may be a page of HTML', async () => {
    fault({ kind: 'html', status: 502 })
    const response = await send()
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('<!DOCTYPE html>')])
  })

  it('may never be answered', async () => {
    fault({ kind: 'hang' })
    await expect(send({}, AbortSignal.timeout(30))).rejects.toThrow()
    expect(desk.inbox.counts().fcm).toMatchObject({ requests: 1, accepted: 0, unanswered: 1 })
  })

  it.each([
    { when: 'before', accepted: 0 },
    { when: 'after', accepted: 1 },
  ] as const)('may cut the connection $when the message is taken', async ({ when, accepted }) => {
    fault({ kind: 'reset', when })
    await expect(send()).rejects.toThrow()
    expect(desk.inbox.counts().fcm).toMatchObject({ requests: 1, accepted, unanswered: 1 })
  })

  it('may close the connection, which is what GOAWAY is over HTTP/1.1', async () => {
    fault({ kind: 'goaway' })
    await expect(send()).rejects.toThrow()
    expect(desk.inbox.counts().fcm).toMatchObject({ accepted: 0, unanswered: 1 })
  })

  it('spares addresses with another prefix', async () => {
    fault({ kind: 'unregistered' })
    expect((await send({ token: `other-${DEVICE_TOKEN}` })).status).toBe(200)
    expect((await send()).status).toBe(404)
  })
})

describe('topics', () => {
  const OTHER_TOKEN = `device-2:APA91b${'x'.repeat(120)}`

  function batch(action: string, body: unknown, headers: Record<string, string> = { access_token_auth: 'true' }) {
    return fetch(`${fcm.url}/iid/v1:batch${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
      body: JSON.stringify(body),
    })
  }

  function one(method: string, path: string) {
    const url = `${fcm.url}/v1/projects/demo-project/registrations/${encodeURIComponent(DEVICE_TOKEN)}/${path}`
    return fetch(url, { method, headers: { authorization: `Bearer ${accessToken}` } })
  }

  it('answer a batch device by device', async () => {
    fault({ kind: 'unregistered' })
    const good = `good-1:APA91b${'x'.repeat(120)}`
    const response = await batch('Add', { to: '/topics/news', registration_tokens: [good, 'short', OTHER_TOKEN] })
    expect(await response.json()).toEqual({ results: [{}, { error: 'INVALID_ARGUMENT' }, { error: 'NOT_FOUND' }] })
  })

  it.each([
    { name: 'a topic without its prefix', body: { to: 'news', registration_tokens: [OTHER_TOKEN] } },
    { name: 'no devices', body: { to: '/topics/news', registration_tokens: [] } },
    { name: 'too many devices', body: { to: '/topics/news', registration_tokens: Array(1001).fill(OTHER_TOKEN) } },
  ])('refuse a batch with $name', async ({ body }) => {
    expect((await batch('Remove', body)).status).toBe(400)
  })

  it('refuse a batch that does not say what its bearer is', async () => {
    expect((await batch('Add', { to: '/topics/news', registration_tokens: [OTHER_TOKEN] }, {})).status).toBe(401)
  })

  it('say that a device is subscribed already, or is not', async () => {
    expect((await one('POST', 'topicSubscriptions?topic_name=calm')).status).toBe(200)
    expect((await one('POST', 'topicSubscriptions?topic_name=calm')).status).toBe(409)
    expect((await one('DELETE', 'topicSubscriptions/calm')).status).toBe(200)
    expect((await one('DELETE', 'topicSubscriptions/calm')).status).toBe(404)
    expect((await one('DELETE', 'topicSubscriptions/calm?allow_missing=true')).status).toBe(200)
    expect((await one('POST', 'topicSubscriptions?topic_name=a%20b')).status).toBe(400)
    expect((await one('DELETE', 'topicSubscriptions/%E0')).status).toBe(400)
    expect((await one('PUT', 'topicSubscriptions/calm')).status).toBe(404)
  })
})
