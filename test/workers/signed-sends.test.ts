/** What the door asks of a send whose app signs its messages. */
import { beforeAll, describe, expect, it } from 'vitest'
import { SIGNATURE_CHARACTERS } from '../../push/message-signature.ts'
import { sampleUnsubscribeUrl } from '../../push/unsubscribe-link.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>

let plain: App
let signing: App

beforeAll(async () => {
  plain = await makeApp('Plain')
  signing = await makeApp('Signing')
  await call('PATCH', `/v1/apps/${signing.id}/settings`, { bearer: ROOT, body: { sign_messages: true } })
})

const PUBLIC_URL = 'https://push.example'

const send = (by: App, message: object, env: Partial<Env> = {}) => {
  return call('POST', '/v1/notifications', { bearer: by.sender, body: { to: { topic: 'news' }, ...message }, env })
}

/** The bytes that are too many, as the answer says them. */
const tooMany = ({ body }: { body: { code: string; detail: string } }) => {
  expect(body.code).toBe('payload_too_large')
  return Number(/Shorten it by (\d+) bytes/.exec(body.detail)![1])
}

describe('a push of an app that signs', () => {
  it('has to fit together with its signature', async () => {
    const barely = { data: { k: 'x'.repeat(3_800) } }
    expect((await send(plain, barely)).status).toBe(202)
    expect(tooMany(await send(signing, barely))).toBeGreaterThan(0)
    expect((await send(signing, { data: { k: 'x'.repeat(3_800 - SIGNATURE_CHARACTERS - 100) } })).status).toBe(202)
  })

  it('has to fit together with its link where the platform knows its address, and goes to a topic', async () => {
    const large = { data: { k: 'x'.repeat(5_000) } }
    const link = sampleUnsubscribeUrl({ topic: 'news', publicUrl: PUBLIC_URL }).length
    const without = tooMany(await send(signing, large))
    // A slash at its end makes no other address.
    const withLink = tooMany(await send(signing, large, { PUBLIC_URL: `${PUBLIC_URL}/` }))
    expect(withLink - without).toBe('"fanfare_unsubscribe":"",'.length + link)
    const toUsers = { to: { users: ['ada'] }, ...large }
    expect(tooMany(await send(signing, toUsers, { PUBLIC_URL }))).toBe(without)
    expect(tooMany(await send(plain, large, { PUBLIC_URL }))).toBe(tooMany(await send(plain, large)))
  })

  it('may not show one kind of device what the signature does not cover', async () => {
    const message = { title: 'T', fcm: { android: { notification: { title: 'Other' } } } }
    expect((await send(plain, message)).status).toBe(202)
    const refused = await send(signing, message)
    expect([refused.status, refused.body.code]).toEqual([400, 'validation_failed'])
    expect(refused.body.param).toBe('/fcm/android/notification/title')
  })
})
