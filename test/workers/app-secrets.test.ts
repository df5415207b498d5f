/** The secrets that Fanfare makes for an app, in D1 as it is. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { SealError } from '../../push/sealing.ts'
import { readAppSecrets, replaceAppSecret } from '../../schema/d1/app-secrets.ts'
import { acceptedSecrets, currentSecret, forgetSecrets, newSecret } from '../../workers/app-secrets.ts'
import { makeApp } from './calling.ts'

const MASTER_KEYS = [env.CREDENTIALS_KEY!] as const

const ask = (appId: string, now = Date.now()) => ({ appId, use: 'tokens' as const, masterKeys: MASTER_KEYS, now })

describe('the secret of an app', () => {
  it('is made when it is first asked for, once, whoever asks at the same moment', async () => {
    const app = await makeApp()
    expect(await acceptedSecrets(env, ask(app.id))).toEqual([])
    const made = await Promise.all(Array.from({ length: 5 }, () => currentSecret(env, ask(app.id))))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(await acceptedSecrets(env, ask(app.id))).toHaveLength(1)
  })

  it('is not in the database to be read', async () => {
    const app = await makeApp()
    const { material } = await currentSecret(env, ask(app.id))
    const row = await env.DB.prepare('select * from app_secret where app_id = ?').bind(app.id).first()
    const stored = Buffer.from(row!.sealed as ArrayBuffer).toString('latin1')
    expect('jwk' in material && material.jwk.d).toMatch(/^[\w-]{43}$/)
    expect(stored).not.toContain('jwk' in material ? material.jwk.d : '')
  })

  it('does not open for another app, nor with another master key', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    await currentSecret(env, ask(app.id))
    await env.DB.prepare('update app_secret set app_id = ? where app_id = ?').bind(other.id, app.id).run()
    await expect(readAppSecrets(env.DB, MASTER_KEYS, ask(other.id))).rejects.toThrow(SealError)
    await env.DB.prepare('update app_secret set app_id = ? where app_id = ?').bind(app.id, other.id).run()
    const foreign = [btoa('x'.repeat(32))]
    await expect(readAppSecrets(env.DB, foreign, ask(app.id))).rejects.toThrow(SealError)
  })

  it('is replaced by another one, and stays good until the overlap is over', async () => {
    const app = await makeApp()
    const now = Date.now()
    const first = await currentSecret(env, ask(app.id, now))
    const next = await newSecret(ask(app.id, now + 1))
    await replaceAppSecret(env.DB, next, now + 60_000)
    forgetSecrets(ask(app.id))
    expect((await currentSecret(env, ask(app.id, now + 1))).id).toBe(next.id)
    const accepted = async (at: number) => (await acceptedSecrets(env, ask(app.id, at))).map(({ id }) => id).toSorted()
    expect(await accepted(now + 59_999)).toEqual([first.id, next.id].toSorted())
    expect(await accepted(now + 60_000)).toEqual([next.id])
  })
})
