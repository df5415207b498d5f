/** The object that keeps the pace of a credential: asked for real, evicted for real. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { readThrottle, resetThrottleOf, takePushes } from '../../durable-objects/throttle.ts'
import { emptyOutcomeCounts, type OutcomeCounts } from '../../push/outcome-counts.ts'
import type { ThrottleReport } from '../../push/throttle.ts'

const someApp = () => ({ appId: `app_${crypto.randomUUID()}`, platform: 'fcm' }) as const
type Credential = ReturnType<typeof someApp>

const stubOf = ({ appId, platform }: Credential) => env.THROTTLE.getByName(`${appId}/${platform}`)

function report(counts: Partial<OutcomeCounts>, change: Partial<ThrottleReport> = {}): ThrottleReport {
  return { counts: { ...emptyOutcomeCounts(), ...counts }, epoch: 0, unused: 0, version: 1, unable: false, ...change }
}

const ask = (credential: Credential, told: ThrottleReport | null = null, wanted = 500) =>
  takePushes(env, credential, { wanted, single: false, report: told })

function rowsOf(credential: Credential): Promise<number> {
  return runInDurableObject(stubOf(credential), async (_, { storage }) => (await storage.list()).size)
}

describe('a Throttle', () => {
  it('grants pushes, and holds a credential that is wrong until it is replaced', async () => {
    const credential = someApp()
    expect(await ask(credential)).toMatchObject({ kind: 'go', epoch: 0 })
    const wrong = report({ misconfigured: 3, reason: 'invalid_grant' }, { version: 5 })
    expect(await ask(credential, wrong)).toMatchObject({
      kind: 'hold',
      cause: 'misconfigured',
      reason: 'invalid_grant',
    })
    expect((await readThrottle(env, credential)).held).toMatchObject({ reason: 'invalid_grant' })
    await resetThrottleOf(env, credential, 6)
    expect((await readThrottle(env, credential)).held).toBeNull()
    expect(await ask(credential, wrong)).toMatchObject({ kind: 'go', version: 6 })
  })

  it('knows what it decided after it was evicted', async () => {
    const credential = someApp()
    await ask(credential, report({ outage: 50, reason: 'UNAVAILABLE' }))
    const { held } = await readThrottle(env, credential)
    await evictDurableObject(stubOf(credential))
    expect(held).toMatchObject({ cause: 'outage', reason: 'UNAVAILABLE' })
    expect(await readThrottle(env, credential)).toEqual({ held, quarantine: false })
    expect(await ask(credential)).toMatchObject({ kind: 'hold', epoch: 1 })
  })

  it('writes what it decided at once, and what it only counts seldom', async () => {
    const credential = someApp()
    for (let tickets = 0; tickets < 20; tickets++) await ask(credential, report({ accepted: 500 }))
    expect(await rowsOf(credential)).toBe(0)
    await ask(credential, report({ quota: 1, retryAt: Date.now() + 60_000 }))
    expect(await rowsOf(credential)).toBe(1)
  })

  it('leaves nothing behind when it is only looked at', async () => {
    const credential = someApp()
    expect(await readThrottle(env, credential)).toEqual({ held: null, quarantine: false })
    expect(await rowsOf(credential)).toBe(0)
  })

  it('is one for each app and platform', async () => {
    const credential = someApp()
    await ask(credential, report({ outage: 50 }))
    expect(await ask(someApp())).toMatchObject({ kind: 'go' })
    const apns = { ...credential, platform: 'apns' } as const
    expect(await takePushes(env, apns, { wanted: 500, single: false, report: null })).toMatchObject({ kind: 'go' })
  })

  it('takes a service’s own words, whatever they are', async () => {
    const credential = someApp()
    const odd = report({ misconfigured: 1, reason: '"},{' })
    expect(await ask(credential, odd)).toMatchObject({ kind: 'hold', reason: '"},{' })
  })
})
