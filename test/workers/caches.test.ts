/**
 * What an isolate remembers is never used longer than it may be: keys, keys of devices, roles, apps, credentials. The clock
 * is an argument.
 */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Scope } from '../../push/roles.ts'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'
import { deleteApp } from '../../schema/d1/app-deletion.ts'
import { writeRole } from '../../schema/d1/app-roles.ts'
import { deleteCredential, writeCredential } from '../../schema/d1/credentials.ts'
import { endDeviceKey, raiseDeviceKey } from '../../schema/d1/device-keys.ts'
import { forgetApp, recallApp } from '../../workers/api/known-apps.ts'
import { forgetDeviceKey, recallDeviceKey } from '../../workers/api/known-device-keys.ts'
import { forgetKey, recallKey } from '../../workers/api/known-keys.ts'
import { forgetRole, recallRole } from '../../workers/api/known-roles.ts'
import { forgetCredential, recallCredential } from '../../workers/jobs/known-credentials.ts'
import { call, makeApp, ROOT } from './calling.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

describe('an API key', () => {
  const row = { keyHash: 'hash', revokedAt: null } as ApiKeyRow
  const revoked = { ...row, revokedAt: 1 } as ApiKeyRow

  it('is looked up once in five seconds', async () => {
    expect(await recallKey('once', 0, async () => row)).toBe(row)
    expect(await recallKey('once', 4_999, async () => revoked)).toBe(row)
    expect(await recallKey('once', 5_000, async () => revoked)).toBe(revoked)
  })

  it('that is revoked while it is looked up is not remembered as it was', async () => {
    const lookUp = Promise.withResolvers<ApiKeyRow>()
    const early = recallKey('raced', 0, () => lookUp.promise)
    forgetKey('raced')
    lookUp.resolve(row)
    expect(await early).toBe(row)
    expect(await recallKey('raced', 1, async () => revoked)).toBe(revoked)
  })

  it('that is revoked is refused from the next request on', async () => {
    const { body } = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: ROOT, body: { role: 'analyst' } })
    expect((await call('GET', '/v1/topics', { bearer: body.key })).status).toBe(200)
    await call('DELETE', `/v1/apps/${app.id}/keys/${body.id}`, { bearer: ROOT })
    expect((await call('GET', '/v1/topics', { bearer: body.key })).body.code).toBe('unauthorized')
  })
})

describe.each([
  ['of an app with few that were touched', 0],
  ['of an app with more than are listed', 501],
])('a device key %s', (_which, others) => {
  const deviceId = `dev_${'1'.repeat(29)}`
  const claim = (generation = 0) => ({ appId: app.id, deviceId, generation })
  const recall = async (now: number, generation = 0) => await recallDeviceKey(env, claim(generation), now)

  beforeEach(async () => {
    const rows = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?2)
      insert into device_key (app_id, device_id, generation) select ?1, 'dev_other_' || i, 1 from n`
    if (others > 0) await env.DB.prepare(rows).bind(app.id, others).run()
  })

  it('that was rotated elsewhere is good for five seconds more, not longer', async () => {
    expect(await recall(0)).toMatchObject({ generation: 0 })
    await raiseDeviceKey(env.DB, app.id, deviceId, null)
    expect(await recall(4_999)).toMatchObject({ generation: 0 })
    expect(await recall(5_000)).toMatchObject({ generation: 1 })
  })

  it('that was made elsewhere a moment ago is good at once', async () => {
    expect(await recall(0)).toMatchObject({ generation: 0 })
    await raiseDeviceKey(env.DB, app.id, deviceId, null)
    expect(await recall(1, 1)).toMatchObject({ generation: 1 })
    expect(await recall(1, 0)).toMatchObject({ generation: 1 })
  })

  it('of a device that was deleted elsewhere ends after five seconds, and does not come back', async () => {
    expect(await recall(0)).toMatchObject({ endedAt: null })
    await endDeviceKey(env.DB, app.id, deviceId, 7)
    expect(await recall(4_999)).toMatchObject({ endedAt: null })
    expect(await recall(5_000)).toMatchObject({ endedAt: 7 })
    expect(await raiseDeviceKey(env.DB, app.id, deviceId, null)).toBeNull()
  })

  it('that was rotated here is not good from then on, also when it was being looked up', async () => {
    const early = recall(0)
    forgetDeviceKey(claim())
    expect(await early).toMatchObject({ generation: 0 })
    await raiseDeviceKey(env.DB, app.id, deviceId, null)
    forgetDeviceKey(claim())
    expect(await recall(1)).toMatchObject({ generation: 1 })
  })

  it('costs one look at D1 in five seconds, or one for each device', async () => {
    let looks = 0
    const prepare = (query: string) => {
      looks++
      return env.DB.prepare(query)
    }
    const counting = { ...env, DB: { prepare } as D1Database }
    for (const device of ['1', '2', '3', '1', '2', '3']) {
      await recallDeviceKey(counting, { ...claim(), deviceId: `dev_${device.repeat(29)}` }, 4_000)
    }
    expect(looks).toBe(others === 0 ? 1 : 4)
  })
})

describe('a role', () => {
  const NO_LIMITS = { topics: null, categories: null }
  const define = (scopes: Scope[]) => {
    return writeRole(env.DB, app.id, { name: 'reader', scopes, limits: NO_LIMITS }, { now: 0, most: 10 })
  }
  const recall = async (now: number) => (await recallRole(env, app.id, 'reader', now)).scopes

  it('that was changed elsewhere is what it was for five seconds more, not longer', async () => {
    await define(['topics:read'])
    expect(await recall(0)).toEqual(['topics:read'])
    await define([])
    expect(await recall(4_999)).toEqual(['topics:read'])
    expect(await recall(5_000)).toEqual([])
  })

  it('that was changed here is what it is from then on', async () => {
    await define(['topics:read'])
    expect(await recall(0)).toEqual(['topics:read'])
    await define([])
    forgetRole(app.id, 'reader')
    expect(await recall(0)).toEqual([])
  })

  it('that was changed while it was looked up is not remembered as it was', async () => {
    await define(['topics:read'])
    const early = recall(0)
    forgetRole(app.id, 'reader')
    await define([])
    await early
    expect(await recall(1)).toEqual([])
  })

  it('that is not there may do nothing, and is there as soon as it is', async () => {
    expect(await recall(0)).toEqual([])
    await define(['topics:read'])
    expect(await recall(0)).toEqual(['topics:read'])
  })
})

describe('an app', () => {
  it('that was deleted elsewhere is known for five seconds more, not longer', async () => {
    const now = Date.now() + 60_000
    expect(await recallApp(env, app.id, now)).toMatchObject({ id: app.id })
    await deleteApp(env.DB, app.id, now)
    expect(await recallApp(env, app.id, now + 4_999)).not.toBeNull()
    expect(await recallApp(env, app.id, now + 5_000)).toBeNull()
  })

  it('that was deleted here is not known from then on', async () => {
    expect(await recallApp(env, app.id, 0)).not.toBeNull()
    await deleteApp(env.DB, app.id, 0)
    forgetApp(app.id)
    expect(await recallApp(env, app.id, 0)).toBeNull()
  })
})

describe('a credential', () => {
  const platform = 'apns'
  const credential = { platform, teamId: 'TEAM', keyId: 'KEY', privateKey: 'x', bundleId: 'a.b' } as const
  const store = async (now: number) => {
    const how = { masterKey: env.CREDENTIALS_KEY!, now, iv: crypto.getRandomValues(new Uint8Array(12)) }
    await writeCredential(env.DB, app.id, { ...credential, environment: 'sandbox' }, how)
  }
  const recall = (leastVersion = 0) => recallCredential(env, { appId: app.id, platform }, leastVersion)

  it('that was replaced is not used any more once the Throttle has named the new version', async () => {
    await store(1)
    expect(await recall()).toMatchObject({ version: 1 })
    await store(2)
    expect(await recall()).toMatchObject({ version: 1 })
    expect(await recall(2)).toMatchObject({ version: 2 })
    expect(await recall()).toMatchObject({ version: 2 })
  })

  it('that was deleted elsewhere is used for ten seconds more, not longer', async () => {
    await store(1)
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now')
    clock.mockReturnValue(now)
    expect(await recall()).toMatchObject({ version: 1 })
    await deleteCredential(env.DB, app.id, platform)
    clock.mockReturnValue(now + 9_999)
    expect(await recall()).toMatchObject({ version: 1 })
    clock.mockReturnValue(now + 10_000)
    expect(await recall()).toEqual({ kind: 'misconfigured', reason: 'no_credentials' })
    clock.mockRestore()
  })

  it('that was deleted here is not used from then on', async () => {
    await store(1)
    await recall()
    await call('DELETE', `/v1/apps/${app.id}/credentials/${platform}`, { bearer: ROOT })
    expect(await recall()).toEqual({ kind: 'misconfigured', reason: 'no_credentials' })
  })

  it('of an app that was deleted will not come back, and is not waited for', async () => {
    await store(1)
    await recall()
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    expect(await recall()).toEqual({ kind: 'refused', reason: 'app_deleted' })
  })

  it('that is replaced while it is read is not remembered as it was', async () => {
    await store(1)
    const early = recall()
    forgetCredential({ appId: app.id, platform })
    await early
    await store(2)
    expect(await recall()).toMatchObject({ version: 2 })
  })
})
