/** The secrets that Fanfare makes for an app, as its admin sees them: published, listed, rotated, thrown away. */
import { env } from 'cloudflare:workers'
import { importJWK, jwtVerify } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { APP_SECRET_USES } from '../../push/app-secret.ts'
import { acceptedSecrets, currentSecret } from '../../workers/app-secrets.ts'
import { runJobs } from '../../workers/jobs/cron.ts'
import { call, makeApp, ROOT } from './calling.ts'

const DAY_MS = 24 * 60 * 60_000
const rotate = (appId: string, use: string, bearer: string, body?: object) =>
  call('POST', `/v1/apps/${appId}/secrets/${use}/rotate`, { bearer, body })
const list = async (appId: string) => (await call('GET', `/v1/apps/${appId}/secrets`, { bearer: ROOT })).body.data
const jwks = (appId: string) => call('GET', `/v1/apps/${appId}/jwks.json`)
const kidsOf = async (appId: string) => (await jwks(appId)).body.keys.map(({ kid }: { kid: string }) => kid)
const ask = (appId: string, use: (typeof APP_SECRET_USES)[number]) => {
  return { appId, use, masterKeys: [env.CREDENTIALS_KEY!] as const, now: Date.now() }
}

describe('the JWKS of an app', () => {
  it('has its keys before the first of them has signed anything, for whoever asks', async () => {
    const app = await makeApp()
    const { status, headers, body } = await jwks(app.id)
    expect(status).toBe(200)
    expect(headers.get('Content-Type')).toBe('application/jwk-set+json')
    expect(headers.get('Cache-Control')).toBe('public, max-age=300')
    const messages = await currentSecret(env, ask(app.id, 'messages'))
    const tokens = await currentSecret(env, ask(app.id, 'tokens'))
    expect(body.keys.map(({ kid }: { kid: string }) => kid).toSorted()).toEqual([messages.id, tokens.id].toSorted())
  })

  it('has public halves and nothing else, and they verify', async () => {
    const app = await makeApp()
    const body = { scopes: ['topics:read'], ttl_seconds: 60 }
    const { token } = (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body
    const { keys } = (await jwks(app.id)).body
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    }
    const { kid } = JSON.parse(atob(token.split('.')[0]))
    const key = await importJWK(keys.find((candidate: { kid: string }) => candidate.kid === kid)!, 'ES256')
    expect((await jwtVerify(token, key)).payload).toMatchObject({ iss: 'fanfare', aud: app.id, scope: 'topics:read' })
  })

  it.each(['app_00000000000000000000000000000', 'nonsense'])('of %s is not there', async (appId) => {
    const { status, body } = await jwks(appId)
    expect([status, body.code, body.param]).toEqual([404, 'not_found', 'app'])
  })

  it('of a deleted app is not there', async () => {
    const app = await makeApp()
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    expect((await jwks(app.id)).status).toBe(404)
  })
})

describe('rotating a secret', () => {
  it.each(APP_SECRET_USES)('makes the first one of use %s when there is none', async (use) => {
    const app = await makeApp()
    const { status, body } = await rotate(app.id, use, app.admin)
    expect(status).toBe(201)
    expect(body).toEqual({
      use,
      id: (await currentSecret(env, ask(app.id, use))).id,
      created_at: expect.any(String),
      previous_valid_until: null,
    })
  })

  it.each([
    ['tokens', undefined, 3_660],
    ['messages', undefined, 30 * 86_400],
    ['device_keys', undefined, 270 * 86_400],
    ['links', undefined, 60 * 86_400],
    ['links', { overlap_seconds: 10 }, 10],
  ] as const)('keeps what earlier ones of %s made good: overlap %o', async (use, given, seconds) => {
    const app = await makeApp()
    const first = await currentSecret(env, ask(app.id, use))
    const { body } = await rotate(app.id, use, app.admin, given)
    expect(Date.parse(body.previous_valid_until) - Date.parse(body.created_at)).toBe(seconds * 1000)
    expect((await currentSecret(env, ask(app.id, use))).id).toBe(body.id)
    const accepted = await acceptedSecrets(env, ask(app.id, use))
    expect(accepted.map(({ id }) => id).toSorted()).toEqual([first.id, body.id].toSorted())
  })

  it('lets tokens of before be good until the overlap is over', async () => {
    const app = await makeApp()
    const mint = async () => {
      const body = { scopes: ['topics:read'], ttl_seconds: 600 }
      return (await call('POST', '/v1/tokens', { bearer: app.sender, body })).body.token
    }
    const statusOf = async (token: string) => (await call('GET', '/v1/topics', { bearer: token })).status
    const before = await mint()
    await rotate(app.id, 'tokens', app.admin, { overlap_seconds: 60 })
    const after = await mint()
    expect(await kidsOf(app.id)).toHaveLength(3)
    expect([await statusOf(before), await statusOf(after)]).toEqual([200, 200])
    vi.useFakeTimers({ now: Date.now() + 60_001, toFake: ['Date'] })
    expect([await statusOf(before), await statusOf(after)]).toEqual([401, 200])
    expect(await kidsOf(app.id)).toHaveLength(2)
    vi.useRealTimers()
  })

  it('ends at once what a leaked one made, one that was retired before it too', async () => {
    const app = await makeApp()
    await currentSecret(env, ask(app.id, 'messages'))
    const second = (await rotate(app.id, 'messages', app.admin)).body
    const third = (await rotate(app.id, 'messages', app.admin, { overlap_seconds: 0 })).body
    expect(third.previous_valid_until).toBe(third.created_at)
    expect((await acceptedSecrets(env, ask(app.id, 'messages'))).map(({ id }) => id)).toEqual([third.id])
    expect(await kidsOf(app.id)).not.toContain(second.id)
  })

  it('does not lengthen an overlap that an earlier rotation gave', async () => {
    const app = await makeApp()
    const first = await currentSecret(env, ask(app.id, 'links'))
    const { previous_valid_until } = (await rotate(app.id, 'links', app.admin, { overlap_seconds: 60 })).body
    await rotate(app.id, 'links', app.admin, { overlap_seconds: 600 })
    const listed = (await list(app.id)).find(({ id }: { id: string }) => id === first.id)
    expect(listed.expires_at).toBe(previous_valid_until)
  })

  it('works when the old one does not open any more', async () => {
    const app = await makeApp()
    await currentSecret(env, ask(app.id, 'tokens'))
    await env.DB.prepare('update app_secret set sealed = zeroblob(60) where app_id = ?').bind(app.id).run()
    await rotate(app.id, 'tokens', app.admin, { overlap_seconds: 60 })
    const stuck = await jwks(app.id)
    expect([stuck.status, stuck.body.code]).toEqual([503, 'credential_unreadable'])
    expect((await rotate(app.id, 'tokens', app.admin, { overlap_seconds: 0 })).status).toBe(201)
    expect((await jwks(app.id)).status).toBe(200)
  })

  it.each([
    ['no such use', 'credentials', {}, 'use'],
    ['a negative overlap', 'tokens', { overlap_seconds: -1 }, '/overlap_seconds'],
    ['more than a year', 'tokens', { overlap_seconds: 40_000_000 }, '/overlap_seconds'],
    ['an unknown field', 'tokens', { overlap: 1 }, '/overlap'],
  ])('refuses %s', async (_what, use, body, param) => {
    const app = await makeApp()
    const answer = await rotate(app.id, use, app.admin, body)
    expect([answer.status, answer.body.param]).toEqual([400, param])
  })

  it('is not for another app’s admin, who learns nothing', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    expect((await rotate(app.id, 'tokens', other.admin)).status).toBe(404)
    expect((await call('GET', `/v1/apps/${app.id}/secrets`, { bearer: other.admin })).status).toBe(404)
  })
})

describe('the list of secrets', () => {
  it('says when each was made, retired and over, and no part of it', async () => {
    const app = await makeApp()
    for (const use of APP_SECRET_USES) await currentSecret(env, ask(app.id, use))
    await rotate(app.id, 'tokens', app.admin)
    const { text, body } = await call('GET', `/v1/apps/${app.id}/secrets`, { bearer: app.admin })
    expect(body.data).toHaveLength(5)
    for (const secret of body.data) {
      expect(Object.keys(secret)).toEqual(['id', 'use', 'created_at', 'retired_at', 'expires_at'])
    }
    expect(body.data.filter((secret: { retired_at: string | null }) => secret.retired_at === null)).toHaveLength(4)
    for (const use of APP_SECRET_USES) {
      for (const { material } of await acceptedSecrets(env, ask(app.id, use))) {
        expect(text).not.toContain('jwk' in material ? material.jwk.d : material.hmacKey)
      }
    }
  })

  it('forgets a secret a month after it was over', async () => {
    const app = await makeApp()
    await currentSecret(env, ask(app.id, 'links'))
    const { id } = (await rotate(app.id, 'links', app.admin, { overlap_seconds: 0 })).body
    const now = Date.now()
    await runJobs(env, now + 29 * DAY_MS)
    expect(await list(app.id)).toHaveLength(2)
    await runJobs(env, now + 31 * DAY_MS)
    expect((await list(app.id)).map((secret: { id: string }) => secret.id)).toEqual([id])
  })
})
