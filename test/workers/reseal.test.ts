/** Changing CREDENTIALS_KEY: what the old one sealed is sealed with the new one, and nothing is lost on the way. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ApnsCredential } from '../../push/credential.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { deriveKeyBytes } from '../../push/master-key.ts'
import { isSealedWith, SEAL_IV_BYTES, SealError } from '../../push/sealing.ts'
import { readAppSecrets } from '../../schema/d1/app-secrets.ts'
import { readAttestation, writeAttestation } from '../../schema/d1/attestations.ts'
import { readCredential, writeCredential } from '../../schema/d1/credentials.ts'
import { readSealed, replaceSealed, SEALED_STORES } from '../../schema/d1/sealed-stores.ts'
import { insertWebhook, openWebhook, replaceWebhookSecret } from '../../schema/d1/webhooks.ts'
import { currentSecret, forgetSecrets } from '../../workers/app-secrets.ts'
import { recallCredential } from '../../workers/jobs/known-credentials.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'
import { firstDeviceKey } from './first-device-key.ts'

const OLD = env.CREDENTIALS_KEY!
const NEW = btoa('n'.repeat(32))
const WRONG = btoa('w'.repeat(32))
const BOTH = { CREDENTIALS_KEY: NEW, CREDENTIALS_KEY_PREVIOUS: OLD }
/** One for each store, and one for apps that have no secret for device keys. */
const STEPS = SEALED_STORES.length + 1
/** More than a step's worth. */
const MANY = 45

const apns: ApnsCredential = {
  platform: 'apns',
  teamId: 'TEAM',
  keyId: 'KEY',
  privateKey: 'a secret',
  bundleId: 'a.b',
  environment: 'sandbox',
}

const step = (vars: Partial<Env>, cursor?: string) =>
  call('POST', '/v1/secrets/reseal', { bearer: ROOT, body: cursor === undefined ? undefined : { cursor }, env: vars })

/** A whole walk: what all its steps found together. */
async function walk(vars: Partial<Env>) {
  const found = { steps: 0, seen: 0, resealed: 0, unreadable: [] as { table: string; key: string[] }[] }
  for (let cursor: string | undefined; ; ) {
    const { status, body } = await step(vars, cursor)
    expect(status).toBe(200)
    found.steps++
    found.seen += body.seen
    found.resealed += body.resealed
    found.unreadable.push(...body.unreadable)
    if (body.next_cursor === null) return found
    cursor = body.next_cursor
  }
}

const newAppId = () => makeId('app', Date.now(), crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
const iv = () => crypto.getRandomValues(new Uint8Array(SEAL_IV_BYTES))
const secretOf = (appId: string) => currentSecret(env, { appId, use: 'links', masterKeys: [OLD], now: Date.now() })
const openSecret = (appId: string, ...keys: string[]) =>
  readAppSecrets(env.DB, keys, { appId, use: 'links', now: Date.now() })

/** With two secrets: one that was replaced is good for a minute more. */
async function storeWebhook(name: { appId: string; id: string }, now: number): Promise<void> {
  const state = { enabled: true, disabledReason: null, disabledAt: null, previousExpiresAt: null, createdAt: now }
  const webhook = { ...name, url: 'https://a.example/', events: [], description: null, ...state }
  await insertWebhook(env.DB, webhook, 'whsec_first', { masterKey: OLD, iv: iv() }, 1)
  await replaceWebhookSecret(env.DB, name, 'whsec_second', { masterKey: OLD, iv: iv() }, now + 60_000)
}

/** As the first version of Fanfare stored a credential. */
async function storeInLayout1(appId: string): Promise<void> {
  await writeCredential(env.DB, appId, apns, { masterKey: OLD, now: 1, iv: iv() })
  const key = await crypto.subtle.importKey(
    'raw',
    await deriveKeyBytes(OLD, 'credential encryption v1', ''),
    'AES-GCM',
    false,
    ['encrypt'],
  )
  const additionalData = new TextEncoder().encode(`1\0${appId}\0apns`)
  const start = iv()
  const plaintext = new TextEncoder().encode(JSON.stringify(apns))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: start, additionalData }, key, plaintext)
  const sealed = new Uint8Array([1, ...start, ...new Uint8Array(ciphertext)])
  await env.DB.prepare('update credential set sealed = ? where app_id = ?').bind(sealed, appId).run()
}

beforeEach(async () => {
  await env.DB.batch(
    ['device', ...new Set(SEALED_STORES.map(({ table }) => table))].map((table) =>
      env.DB.prepare(`delete from ${table}`),
    ),
  )
})

describe('sealing anew', () => {
  it('leaves everything open to the new key alone, of either layout, and the same as it was', async () => {
    const [app, old] = [newAppId(), newAppId()]
    await writeCredential(env.DB, app, apns, { masterKey: OLD, now: 1, iv: iv() })
    await storeInLayout1(old)
    const secret = await secretOf(app)
    expect(await walk(BOTH)).toEqual({ steps: STEPS, seen: 3, resealed: 3, unreadable: [] })
    for (const appId of [app, old]) {
      expect(await readCredential(env.DB, [NEW], appId, 'apns')).toEqual({ version: 1, credential: apns })
      await expect(readCredential(env.DB, [OLD], appId, 'apns')).rejects.toThrow(SealError)
    }
    expect(await openSecret(app, NEW)).toEqual([secret])
    expect(await walk(BOTH)).toEqual({ steps: STEPS, seen: 3, resealed: 0, unreadable: [] })
  })

  it('goes on where it was, and may be interrupted and begun again', async () => {
    const appIds = Array.from({ length: MANY }, newAppId)
    await Promise.all(appIds.map(secretOf))
    const { body: first } = await step(BOTH)
    expect(first).toMatchObject({ seen: 0, resealed: 0 })
    const { body: second } = await step(BOTH, first.next_cursor)
    expect(second).toMatchObject({ seen: 40, resealed: 40 })
    const open = (...keys: string[]) => Promise.all(appIds.map((appId) => openSecret(appId, ...keys)))
    expect((await open(NEW, OLD)).flat()).toHaveLength(MANY)
    expect(await walk(BOTH)).toEqual({
      steps: STEPS + 1,
      seen: MANY,
      resealed: MANY - 40,
      unreadable: [],
    })
    expect((await open(NEW)).flat()).toHaveLength(MANY)
  })

  it('leaves what nobody needs any more', async () => {
    const [app, now] = [newAppId(), Date.now()]
    await secretOf(app)
    await storeWebhook({ appId: app, id: 'wh_1' }, now - 120_000)
    await env.DB.prepare('update app_secret set retired_at = 1, expires_at = ?').bind(now).run()
    expect(await walk({ CREDENTIALS_KEY: NEW, CREDENTIALS_KEY_PREVIOUS: WRONG })).toMatchObject({
      seen: 1,
      unreadable: [{ table: 'webhook', key: [app, 'wh_1'] }],
    })
  })

  it('makes the secret of device keys that were derived from the old key, before that is thrown away', async () => {
    const app = await makeApp()
    const { id } = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
    await env.DB.prepare('delete from app_secret').run()
    forgetSecrets({ appId: app.id, use: 'device_keys' })
    const deviceKey = await firstDeviceKey(OLD, app.id, id)
    expect((await walk(BOTH)).resealed).toBeGreaterThan(0)
    forgetSecrets({ appId: app.id, use: 'device_keys' })
    const { status } = await call('GET', `/v1/devices/${id}`, { bearer: deviceKey, env: { CREDENTIALS_KEY: NEW } })
    expect(status).toBe(200)
    expect((await walk(BOTH)).resealed).toBe(0)
  })

  it('makes no such secret while something does not open: the key may be a wrong one', async () => {
    const app = await makeApp()
    const { id } = (await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })).body
    await env.DB.prepare('delete from app_secret').run()
    await writeCredential(env.DB, app.id, apns, { masterKey: OLD, now: 1, iv: iv() })
    expect((await walk({ CREDENTIALS_KEY: NEW, CREDENTIALS_KEY_PREVIOUS: WRONG })).unreadable).toHaveLength(1)
    forgetSecrets({ appId: app.id, use: 'device_keys' })
    const bearer = await firstDeviceKey(OLD, app.id, id)
    expect((await call('GET', `/v1/devices/${id}`, { bearer, env: BOTH })).status).toBe(200)
  })

  it('with a wrong previous key changes nothing, and names what it could not open', async () => {
    const app = newAppId()
    await writeCredential(env.DB, app, apns, { masterKey: OLD, now: 1, iv: iv() })
    const { id } = await secretOf(app)
    const found = await walk({ CREDENTIALS_KEY: NEW, CREDENTIALS_KEY_PREVIOUS: WRONG })
    expect(found).toMatchObject({
      resealed: 0,
      unreadable: [
        { table: 'credential', key: [app, 'apns'] },
        { table: 'app_secret', key: [app, 'links', id] },
      ],
    })
    expect(await readCredential(env.DB, [OLD], app, 'apns')).toMatchObject({ credential: apns })
    expect((await walk({ ...BOTH, CREDENTIALS_KEY_PREVIOUS: `${WRONG},${OLD}` })).resealed).toBe(2)
  })

  it('never puts an older secret in the place of one that was stored meanwhile', async () => {
    const app = newAppId()
    const [store] = SEALED_STORES
    await writeCredential(env.DB, app, apns, { masterKey: OLD, now: 1, iv: iv() })
    const [row] = await readSealed(env.DB, store!, [], { limit: 1, now: 1 })
    const changed = { ...apns, keyId: 'ANOTHER' }
    await writeCredential(env.DB, app, changed, { masterKey: NEW, now: 2, iv: iv() })
    await replaceSealed(env.DB, store!, row!, new Uint8Array(60))
    expect(await readCredential(env.DB, [NEW], app, 'apns')).toMatchObject({ credential: changed })
  })

  it('forgets no column that holds sealed bytes', async () => {
    const { results } = await env.DB.prepare(
      `select tables.name || '.' || columns.name as place from sqlite_master as tables
       join pragma_table_info(tables.name) as columns
       where tables.type = 'table' and tables.name not like '\\_cf%' escape '\\' and columns.name like '%sealed'`,
    ).all<{ place: string }>()
    const walked = SEALED_STORES.map(({ table, column }) => `${table}.${column}`)
    expect(results.map(({ place }) => place).toSorted()).toEqual(walked.toSorted())
  })

  it('opens the secret of an attestation and both secrets of a webhook to the new key alone', async () => {
    const [app, now] = [newAppId(), Date.now()]
    const turnstile = { provider: 'turnstile', secret: 'a secret of Turnstile' } as const
    await writeAttestation(env.DB, app, turnstile, { masterKey: OLD, now, iv: iv() })
    await storeWebhook({ appId: app, id: 'wh_1' }, now)
    expect(await walk(BOTH)).toMatchObject({ seen: 3, resealed: 3, unreadable: [] })
    expect(await readAttestation(env.DB, [NEW], app)).toMatchObject(turnstile)
    const opened = await openWebhook(env.DB, [NEW], app, 'wh_1', now)
    expect(opened?.secrets).toEqual(['whsec_second', 'whsec_first'])
    await expect(openWebhook(env.DB, [OLD], app, 'wh_1', now)).rejects.toThrow(SealError)
  })

  it.each(['nonsense', btoa('[0,0]'), btoa('{}'), btoa('[-1,0,[]]')])('does not take the cursor %s', async (cursor) => {
    const { status, body } = await step(BOTH, cursor)
    expect([status, body.code]).toEqual([400, 'invalid_cursor'])
  })

  it('is the operator’s alone', async () => {
    const app = await makeApp()
    expect((await call('POST', '/v1/secrets/reseal', { bearer: app.admin, body: {} })).status).toBe(403)
  })
})

describe('while the key is changed', () => {
  it('everything goes on with the old ones, and new things are sealed with the new key', async () => {
    const app = await makeApp()
    const body = { scopes: ['topics:read'], ttl_seconds: 60 }
    const before = (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body.token
    expect((await call('GET', '/v1/topics', { bearer: before, env: BOTH })).status).toBe(200)
    const rotate = `/v1/apps/${app.id}/secrets/tokens/rotate`
    const { id } = (await call('POST', rotate, { bearer: app.admin, env: BOTH })).body
    const after = (await call('POST', '/v1/tokens', { bearer: app.sender, body, env: BOTH })).body.token
    expect((await call('GET', '/v1/topics', { bearer: after, env: BOTH })).status).toBe(200)
    const row = await env.DB.prepare('select sealed from app_secret where id = ?')
      .bind(id)
      .first<{ sealed: number[] }>()
    expect(await isSealedWith(NEW, new Uint8Array(row!.sealed))).toBe(true)
  })

  it('pushes go on with a credential that the old one sealed', async () => {
    const app = newAppId()
    await writeCredential(env.DB, app, apns, { masterKey: OLD, now: 1, iv: iv() })
    const name = { appId: app, platform: 'apns' } as const
    const closed = await recallCredential({ ...env, CREDENTIALS_KEY: NEW }, name, 0)
    expect(closed).toMatchObject({ kind: 'later', reason: 'credentials_unreadable' })
    expect(await recallCredential({ ...env, ...BOTH }, name, 0)).toEqual({ version: 1, credential: apns })
  })

  it('without the old one, what it sealed is said to be closed, and nothing is lost', async () => {
    const app = await makeApp()
    const body = { scopes: ['topics:read'], ttl_seconds: 60 }
    const { token } = (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body
    const topics = (vars: Partial<Env>) => call('GET', '/v1/topics', { bearer: token, env: vars })
    forgetSecrets({ appId: app.id, use: 'tokens' })
    const closed = await topics({ CREDENTIALS_KEY: NEW })
    expect([closed.status, closed.body.code]).toEqual([503, 'credential_unreadable'])
    const misspelt = (await topics({ ...BOTH, CREDENTIALS_KEY_PREVIOUS: 'short' })).body
    expect(misspelt.code).toBe('credentials_key_invalid')
    expect(misspelt.detail).not.toContain('secret put CREDENTIALS_KEY')
    expect((await topics(BOTH)).status).toBe(200)
  })
})
