/** What an app's admin decides about the app. */
import { describe, expect, it } from 'vitest'
import { call, makeApp, ROOT } from './calling.ts'

const DEFAULTS = {
  allowed_origins: null,
  sign_messages: false,
  redact_payload: true,
  audit_retention_days: 400,
  confirm_above_recipients: 1_000_000,
}

describe('the settings of an app', () => {
  it('are the defaults until somebody changes them', async () => {
    const app = await makeApp()
    for (const bearer of [ROOT, app.admin]) {
      const { status, body } = await call('GET', `/v1/apps/${app.id}/settings`, { bearer })
      expect([status, body]).toEqual([200, DEFAULTS])
    }
  })

  it('change one by one: what is left out stays, and null is a value', async () => {
    const app = await makeApp()
    const change = (body: object) => call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body })
    await change({ allowed_origins: ['https://app.example'], sign_messages: true })
    const last = { ...DEFAULTS, allowed_origins: ['https://app.example'], sign_messages: true }
    expect((await change({ confirm_above_recipients: null })).body).toEqual({ ...last, confirm_above_recipients: null })
    expect((await change({})).body).toEqual({ ...last, confirm_above_recipients: null })
    expect((await call('GET', `/v1/apps/${app.id}/settings`, { bearer: ROOT })).body.sign_messages).toBe(true)
  })

  it('of two changes at once are both made', async () => {
    const app = await makeApp()
    const change = (body: object) => call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body })
    await Promise.all([change({ sign_messages: true }), change({ audit_retention_days: 30 })])
    const { body } = await call('GET', `/v1/apps/${app.id}/settings`, { bearer: app.admin })
    expect(body).toMatchObject({ sign_messages: true, audit_retention_days: 30 })
  })

  it.each([
    ['a path', 'https://app.example/'],
    ['a wildcard', '*'],
    ['no scheme', 'app.example'],
    ['capitals', 'https://App.example'],
    ['a scheme of its own', 'javascript:alert(1)'],
  ])('do not take an origin with %s', async (_what, origin) => {
    const app = await makeApp()
    const body = { allowed_origins: ['https://good.example', origin] }
    const answer = await call('PATCH', `/v1/apps/${app.id}/settings`, { bearer: app.admin, body })
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([
      400,
      'validation_failed',
      '/allowed_origins/1',
    ])
  })

  it('of another app are nobody else’s', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    for (const method of ['GET', 'PATCH']) {
      const body = method === 'PATCH' ? { sign_messages: true } : undefined
      expect((await call(method, `/v1/apps/${other.id}/settings`, { bearer: app.admin, body })).status).toBe(404)
    }
  })
})
