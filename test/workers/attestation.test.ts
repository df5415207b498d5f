/** Registrations that somebody has to vouch for: refused without, taken with a good word, once; closed while nobody says. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { askTurnstile } from '../../workers/api/attestation/turnstile.ts'
import type {} from '../attestation/provided.ts'
import { call, makeApp, ROOT } from './calling.ts'
import { fcmDevice } from './device-samples.ts'

const { url, secret } = inject('siteverify')

type App = Awaited<ReturnType<typeof makeApp>>
let app: App
let made = 0

beforeEach(async () => {
  app = await makeApp()
  await ask()
})

function ask(body: object = { provider: 'turnstile', secret }) {
  return call('PUT', `/v1/apps/${app.id}/attestation`, { bearer: app.admin, body })
}

/** A response that no other test has. */
function word(kind: string): string {
  return `${kind}-${++made}`
}

function register(attestation?: string, bearer = app.client) {
  const body = fcmDevice({ ...(attestation !== undefined && { attestation }) })
  return call('POST', '/v1/devices', { bearer, body, env: { TURNSTILE_URL: url } })
}

describe('an app that asks for attestation', () => {
  it('lets a client register with a good word', async () => {
    expect((await register(word('good'))).status).toBe(201)
  })

  it('refuses one that says nothing', async () => {
    const { status, body } = await register()
    expect([status, body.code, body.param]).toEqual([403, 'attestation_required', '/attestation'])
  })

  it.each(['bad', 'used'])('refuses a word that is %s', async (kind) => {
    const { status, body } = await register(word(kind))
    expect([status, body.code, body.retry]).toEqual([403, 'attestation_failed', 'never'])
  })

  it('takes a word once, whatever its provider says the second time, and however many bring it at once', async () => {
    const once = word('good')
    const answers = await Promise.all(Array.from({ length: 5 }, () => register(once)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 403, 403, 403, 403])
    expect((await register(once)).body.code).toBe('attestation_failed')
  })

  it.each(['trouble', 'both', 'down', 'nonsense', 'odd', 'moved', 'lost'])(
    'is closed while its provider is in %s',
    async (kind) => {
      const { status, body, headers } = await register(word(kind))
      expect([status, body.code, body.retry]).toEqual([503, 'attestation_unavailable', 'backoff'])
      expect(headers.get('Retry-After')).toBe('5')
      expect(body.detail).not.toContain(secret)
    },
  )

  it('is closed when its secret is not the widget’s: that is not the client’s fault', async () => {
    await ask({ provider: 'turnstile', secret: 'another' })
    expect((await register(word('good'))).body.code).toBe('attestation_unavailable')
  })

  it('lets secret keys register as ever, and asks it of tokens too', async () => {
    expect((await register(undefined, app.sender)).status).toBe(201)
    const body = { scopes: ['devices:register'], ttl_seconds: 60, user_id: 'ada' }
    const { body: minted } = await call('POST', '/v1/tokens', { bearer: app.sender, body })
    expect((await register(undefined, minted.token)).body.code).toBe('attestation_required')
    expect((await register(word('good'), minted.token)).status).toBe(201)
  })

  it('takes the word of a backend, and of a token by which it lent the right to import or to change any device', async () => {
    for (const scope of ['devices:import', 'devices:manage']) {
      const body = { scopes: ['devices:register', scope], ttl_seconds: 60 }
      const { body: minted } = await call('POST', '/v1/tokens', { bearer: app.admin, body })
      expect((await register(undefined, minted.token)).status, scope).toBe(201)
    }
    const body = { scopes: ['devices:import'], ttl_seconds: 60 }
    const { body: minted } = await call('POST', '/v1/tokens', { bearer: app.admin, body })
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const lines = JSON.stringify(fcmDevice())
    const imported = await call('POST', '/v1/devices/import', { bearer: minted.token, headers, body: lines })
    expect(imported.body).toMatchObject({ created: 1, errors: [] })
  })

  it('asks for none any more when that is deleted', async () => {
    expect((await call('DELETE', `/v1/apps/${app.id}/attestation`, { bearer: app.admin })).status).toBe(204)
    expect((await register()).status).toBe(201)
    expect((await call('DELETE', `/v1/apps/${app.id}/attestation`, { bearer: app.admin })).status).toBe(404)
  })
})

describe('the secret of a provider', () => {
  it('is stored sealed, and never shown', async () => {
    const shown = await call('GET', `/v1/apps/${app.id}/attestation`, { bearer: ROOT })
    expect(shown.body).toEqual({ provider: 'turnstile', updated_at: expect.any(String) })
    const row = await env.DB.prepare('select sealed from attestation where app_id = ?')
      .bind(app.id)
      .first<{ sealed: number[] }>()
    expect(new TextDecoder().decode(new Uint8Array(row!.sealed))).not.toContain(secret)
  })

  it('does not open for another app', async () => {
    const other = await makeApp()
    await env.DB.prepare(
      'insert into attestation select ?, provider, sealed, updated_at from attestation where app_id = ?',
    )
      .bind(other.id, app.id)
      .run()
    const { body } = await register(word('good'), other.client)
    expect(body.code).toBe('attestation_unavailable')
  })

  it('goes when the app is deleted', async () => {
    await call('DELETE', `/v1/apps/${app.id}`, { bearer: ROOT })
    const row = await env.DB.prepare('select 1 from attestation where app_id = ?').bind(app.id).first()
    expect(row).toBeNull()
  })

  it('is nobody else’s to set', async () => {
    for (const bearer of [app.sender, app.client, (await makeApp()).admin]) {
      const answer = await call('PUT', `/v1/apps/${app.id}/attestation`, {
        bearer,
        body: { provider: 'turnstile', secret },
      })
      expect([403, 404]).toContain(answer.status)
    }
  })
})

describe('Turnstile', () => {
  it('that does not answer in time says nothing', async () => {
    const question = { word: word('hang'), address: null, deadlineMs: 50 }
    expect(await askTurnstile(url, secret, question)).toMatchObject({ kind: 'unavailable' })
  })
})
