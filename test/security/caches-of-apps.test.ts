/**
 * What an isolate remembers of one app it says of no other, whatever both call by the same name. Asked of the caches
 * themselves: some are reached by jobs only, and two apps never get the same ids. How long they remember is
 * test/workers/caches.test.ts.
 */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import type { Scope } from '../../push/roles.ts'
import { writeRole } from '../../schema/d1/app-roles.ts'
import { readAppSecrets } from '../../schema/d1/app-secrets.ts'
import { writeCredential } from '../../schema/d1/credentials.ts'
import { endDeviceKey, readDeviceKey } from '../../schema/d1/device-keys.ts'
import { recallDeviceKey } from '../../workers/api/known-device-keys.ts'
import { recallMinter } from '../../workers/api/known-minters.ts'
import { recallRole } from '../../workers/api/known-roles.ts'
import { requireMasterKeys } from '../../workers/api/secrets.ts'
import { recallTopicSize } from '../../workers/api/topic-sizes.ts'
import { currentSecret } from '../../workers/app-secrets.ts'
import { recallCredential } from '../../workers/jobs/known-credentials.ts'
import { call, makeApp } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let other: App

beforeEach(async () => {
  app = await makeApp('Weather')
  other = await makeApp('Chess')
})

/** Asked twice each, so that the second answers are from memory. */
async function eachOf<Answer>(recall: (of: App) => Promise<Answer>): Promise<[Answer, Answer]> {
  await recall(app)
  await recall(other)
  return [await recall(app), await recall(other)]
}

it('a role of the same name', async () => {
  const define = (of: App, scopes: Scope[]) => {
    const role = { name: 'editor', scopes, limits: { topics: null, categories: null } }
    return writeRole(env.DB, of.id, role, { now: 0, most: 10 })
  }
  await define(app, ['topics:read'])
  await define(other, ['notifications:read'])
  const scopes = await eachOf(async (of) => (await recallRole(env, of.id, 'editor', 0)).scopes)
  expect(scopes).toEqual([['topics:read'], ['notifications:read']])
})

it('the credential of the same platform', async () => {
  const store = (of: App, teamId: string) => {
    const credential = { platform: 'apns', teamId, keyId: 'KEY', privateKey: 'x', bundleId: 'a.b' } as const
    const how = { masterKey: env.CREDENTIALS_KEY!, now: 1, iv: crypto.getRandomValues(new Uint8Array(12)) }
    return writeCredential(env.DB, of.id, { ...credential, environment: 'sandbox' }, how)
  }
  await store(app, 'WEATHER')
  await store(other, 'CHESS')
  const credentials = await eachOf((of) => recallCredential(env, { appId: of.id, platform: 'apns' }, 0))
  expect(credentials).toMatchObject([{ credential: { teamId: 'WEATHER' } }, { credential: { teamId: 'CHESS' } }])
})

it('the size of a topic of the same name', async () => {
  const register = (of: App) => {
    return call('POST', '/v1/devices', { bearer: of.sender, body: fcmDevice({ topics: ['news'] }) })
  }
  await Promise.all([register(app), register(app), register(other)])
  expect(await eachOf((of) => recallTopicSize(env, { appId: of.id, topic: 'news' }, 1, 0))).toEqual([2, 1])
})

it('the key that minted a token', async () => {
  const { body } = await call('GET', `/v1/apps/${app.id}/keys`, { bearer: app.admin })
  const { id } = body.data[0]
  expect(await eachOf((of) => recallMinter(env, of.id, id, 0))).toMatchObject([{ id, appId: app.id }, null])
})

it('the secret for the same use', async () => {
  const masterKeys = requireMasterKeys(env)
  const secrets = await eachOf((of) => currentSecret(env, { appId: of.id, use: 'tokens', masterKeys, now: 0 }))
  const listed = async (of: App) => await readAppSecrets(env.DB, masterKeys, { appId: of.id, use: 'tokens', now: 0 })
  expect([[secrets[0]], [secrets[1]]]).toEqual([await listed(app), await listed(other)])
  expect(secrets[0].id).not.toBe(secrets[1].id)
})

it.each([
  ['of an app with few that were touched', 0],
  ['of an app with more than are listed', 501],
])('the key of a device with the same id, %s', async (_which, others) => {
  const deviceId = `dev_${'2'.repeat(29)}`
  await fillDeviceKeys(app, others)
  await fillDeviceKeys(other, others)
  await endDeviceKey(env.DB, other.id, deviceId, 7)
  const ends = await eachOf((of) => recallDeviceKey(env, { appId: of.id, deviceId, generation: 0 }, 0))
  expect(ends).toMatchObject([{ endedAt: null }, { endedAt: 7 }])
  expect(await readDeviceKey(env.DB, app.id, deviceId)).toMatchObject({ endedAt: null })
})

/** Rows of other devices, so many that they are not read together. */
async function fillDeviceKeys(of: App, rows: number): Promise<void> {
  const query = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?2)
    insert into device_key (app_id, device_id, generation) select ?1, 'dev_other_' || i, 1 from n`
  if (rows > 0) await env.DB.prepare(query).bind(of.id, rows).run()
}
