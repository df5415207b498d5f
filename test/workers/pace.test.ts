/** A ticket's side of the pace: how seldom it asks, and what it does when nobody answers. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { readThrottle, resetThrottleOf } from '../../durable-objects/throttle.ts'
import type { Outcome } from '../../push/outcome.ts'
import { Pace } from '../../workers/jobs/pace.ts'

const ACCEPTED: Outcome = { kind: 'accepted' }
const DOWN: Outcome = { kind: 'unanswered', sent: 'maybe', reason: 'timeout' }
const someApp = () => ({ appId: `app_${crypto.randomUUID()}`, platform: 'apns' }) as const

/** The Worker's environment with a THROTTLE that counts how often it is asked, or that nobody reaches. */
function environment(reachable: boolean) {
  const calls = { count: 0 }
  const get = (...args: Parameters<Env['THROTTLE']['get']>) => {
    calls.count++
    if (!reachable) throw new Error('Network connection lost.')
    return env.THROTTLE.get(...args)
  }
  const namespace = new Proxy(env.THROTTLE, {
    get: (target, key) => {
      if (key === 'get') return get
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { calls, env: { ...env, THROTTLE: namespace } as Env }
}

describe('the pace of a ticket', () => {
  it('asks once for many tickets of an isolate', async () => {
    const credential = someApp()
    const { calls, env: counted } = environment(true)
    for (let tickets = 0; tickets < 10; tickets++) {
      const pace = new Pace(counted, credential, false)
      expect(await pace.gate()).toBeNull()
      expect(await pace.draw(500)).toBe(500)
      for (let push = 0; push < 500; push++) pace.note(ACCEPTED, Date.now())
      await pace.close()
    }
    expect(calls.count).toBe(1)
  })

  it('asks in the middle of a ticket when the service goes down, and stops what has not left', async () => {
    const credential = someApp()
    const pace = new Pace(env, credential, false)
    expect(await pace.draw(500)).toBe(500)
    await scheduler.wait(300)
    for (let push = 0; push < 20; push++) pace.note(DOWN, Date.now())
    await expect.poll(() => pace.isStopped).toBe(true)
    expect(await pace.judge()).toMatchObject({ cause: 'outage', reason: 'timeout' })
    expect((await readThrottle(env, credential)).held).toMatchObject({ cause: 'outage' })
  })

  it('enters few failures as what they are: nobody is held for them', async () => {
    const pace = new Pace(env, someApp(), false)
    await pace.draw(500)
    for (let push = 0; push < 5; push++) pace.note(DOWN, Date.now())
    expect(await pace.judge()).toBeNull()
  })
})

describe('a credential that is replaced while a ticket is on its way', () => {
  it('has nobody held against it: who was sent to with the old one waits for the new one', async () => {
    const credential = someApp()
    const pace = new Pace(env, credential, false)
    pace.useVersion(1)
    await pace.draw(500)
    pace.note({ kind: 'misconfigured', reason: 'InvalidProviderToken' }, Date.now())
    await resetThrottleOf(env, credential, 2)
    expect(await pace.judge()).toMatchObject({ reason: 'credential_replaced' })
    expect((await readThrottle(env, credential)).held).toBeNull()
  })

  it('has nothing said against it that was said of the old one, also when another ticket has begun with it', async () => {
    const credential = someApp()
    const [old, fresh] = [new Pace(env, credential, false), new Pace(env, credential, false)]
    old.useVersion(1)
    await old.draw(500)
    await resetThrottleOf(env, credential, 2)
    fresh.useVersion(2)
    await fresh.draw(500)
    await old.draw(500)
    for (let push = 0; push < 20; push++)
      old.note({ kind: 'misconfigured', reason: 'InvalidProviderToken' }, Date.now())
    await old.judge()
    await old.close()
    expect((await readThrottle(env, credential)).held).toBeNull()
    expect(await fresh.judge()).toBeNull()
  })
})

describe('a Throttle that cannot be reached', () => {
  it('does not stop delivery: a ticket a second goes on', async () => {
    const { calls, env: alone } = environment(false)
    const pace = new Pace(alone, someApp(), false)
    expect(await pace.gate()).toBeNull()
    expect(await pace.draw(500)).toBe(500)
    expect(await pace.draw(500)).toMatchObject({ cause: 'pace', resumeAt: expect.any(Number) })
    expect(calls.count).toBe(1)
  })

  it('does not lose what it was to be told', async () => {
    const credential = someApp()
    const unreachable = new Pace(environment(false).env, credential, false)
    await unreachable.draw(1)
    for (let push = 0; push < 30; push++) unreachable.note(DOWN, Date.now())
    expect(await unreachable.judge()).toBeNull()
    await unreachable.close()
    await scheduler.wait(1_100)
    const again = new Pace(env, credential, false)
    expect(await again.judge()).toMatchObject({ cause: 'outage' })
  })
})
