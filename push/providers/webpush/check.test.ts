import { describe, expect, it } from 'vitest'
import type { WebPushCredential } from '../../credential.ts'
import { checkVapidCredential } from './check.ts'
import { makeVapidKeys } from './vapid.ts'

const credential = async (change: Partial<WebPushCredential> = {}): Promise<WebPushCredential> => {
  return { platform: 'webpush', subject: 'mailto:ops@example.com', ...(await makeVapidKeys()), ...change }
}

describe('the check of a VAPID pair', () => {
  it('finds that it signs, and says that nobody was asked', async () => {
    const verdict = await checkVapidCredential(await credential())
    expect(verdict).toMatchObject({ works: true, reason: 'pair_signs' })
    expect(verdict.detail).toContain('no service that could be asked')
  })

  it('finds a private key of another pair', async () => {
    const { privateKey } = await makeVapidKeys()
    expect(await checkVapidCredential(await credential({ privateKey }))).toMatchObject({
      works: false,
      reason: 'bad_private_key',
    })
  })

  it.each([
    ['mailto:me@localhost', false],
    ['https://localhost:8080/contact', false],
    ['mailto:me@localhost.example.com', true],
    ['https://example.com/localhost', true],
  ])('takes the subject %s: %s', async (subject, works) => {
    expect((await checkVapidCredential(await credential({ subject }))).works).toBe(works)
  })
})
