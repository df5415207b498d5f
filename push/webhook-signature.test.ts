import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeWebhookSecret, signWebhook, WEBHOOK_SECRET_BYTES } from './webhook-signature.ts'

describe('signing as Standard Webhooks does', () => {
  it("signs the specification's own example", async () => {
    const content = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' }
    expect(await signWebhook(content, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': content.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('makes secrets of 32 bytes, in base64 behind their prefix', () => {
    const bytes = Uint8Array.from({ length: WEBHOOK_SECRET_BYTES }, (_, i) => i)
    expect(makeWebhookSecret(bytes)).toBe('whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
  })

  it('signs with each of two secrets, over UTF-8', async () => {
    const secrets = [1, 2].map((byte) => makeWebhookSecret(new Uint8Array(WEBHOOK_SECRET_BYTES).fill(byte)))
    const headers = await signWebhook({ id: 'evt_1', at: 1_999, body: '{"a":"ü€😀"}' }, secrets)
    const expected = [1, 2].map((byte) => {
      const key = Buffer.alloc(WEBHOOK_SECRET_BYTES, byte)
      return `v1,${createHmac('sha256', key).update('evt_1.1.{"a":"ü€😀"}').digest('base64')}`
    })
    expect(headers['webhook-signature']).toBe(expected.join(' '))
  })
})
