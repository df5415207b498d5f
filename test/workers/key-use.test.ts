/** When and from where API keys are used: noted after the answer, and told when it is unusual. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { KeyPlace } from '../../push/key-habit.ts'
import { type ApiKeyRow, readApiKey } from '../../schema/d1/api-keys.ts'
import { api } from '../../workers/api/app.ts'
import { authenticate } from '../../workers/api/authenticate.ts'
import { forgetKey } from '../../workers/api/known-keys.ts'
import { noteKeyUse } from '../../workers/api/note-key-use.ts'
import { muteConsole } from '../console/overheard.ts'
import { call, makeApp, ROOT } from './calling.ts'

const [HOME, ABROAD] = [
  { country: 'DE', asn: 24_940 },
  { country: 'US', asn: 16_509 },
] as const
const from = (place: KeyPlace | null) => ({ place, address: '203.0.113.7' })
const NOW = Date.now()
const MINUTE_MS = 60_000

type App = Awaited<ReturnType<typeof makeApp>>
let app: App

beforeEach(async () => {
  app = await makeApp()
})

afterEach(() => {
  vi.restoreAllMocks()
})

async function makeKey(role: string): Promise<{ id: string; key: string }> {
  return (await call('POST', `/v1/apps/${app.id}/keys`, { bearer: ROOT, body: { role } })).body
}

const row = async (id: string) => (await readApiKey(env.DB, app.id, id)) as ApiKeyRow

/** A use, as an isolate sees it that has just looked the key up. */
async function use(id: string, place: KeyPlace | null, now: number): Promise<void> {
  noteKeyUse(env, await row(id), from(place), now)
}

/** The lines that tell of unusual uses. */
function listen() {
  const warn = muteConsole('warn')
  return () => warn.mock.calls.map(([line]) => JSON.parse(String(line))).filter(({ kind }) => kind === 'unusual_use')
}

describe('the last use of a key', () => {
  it('is listed, and is nothing before the first one', async () => {
    const { id, key } = await makeKey('analyst')
    const lastUse = async () => {
      const { body } = await call('GET', `/v1/apps/${app.id}/keys`, { bearer: ROOT })
      return body.data.find((listed: { id: string }) => listed.id === id).last_used_at
    }
    expect(await lastUse()).toBeNull()
    const before = Date.now()
    await call('GET', '/v1/topics', { bearer: key })
    await vi.waitFor(async () => expect(Date.parse(await lastUse())).toBeGreaterThanOrEqual(before))
  })

  it('is written at most once in five minutes, by one isolate or many', async () => {
    const { id } = await makeKey('analyst')
    await use(id, null, NOW)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW))
    const known = await row(id)
    let asked = 0
    const prepare = (query: string) => {
      asked++
      return env.DB.prepare(query)
    }
    const counting = { ...env, DB: { prepare } as D1Database }
    for (let seconds = 0; seconds < 300; seconds++) noteKeyUse(counting, known, from(null), NOW + seconds * 1000)
    for (let seconds = 300; seconds < 600; seconds++) noteKeyUse(counting, known, from(null), NOW + seconds * 1000)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW + 5 * MINUTE_MS))
    expect(asked).toBe(1)
  })
})

describe('a secret key', () => {
  it('that is used from where it always was is not talked about', async () => {
    const { id } = await makeKey('sender')
    const told = listen()
    await use(id, HOME, NOW)
    await vi.waitFor(async () => expect((await row(id)).places).toEqual([HOME]))
    await use(id, HOME, NOW + 6 * MINUTE_MS)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW + 6 * MINUTE_MS))
    expect(told()).toEqual([])
  })

  it('that is used from elsewhere is told once, without the key, and elsewhere is known from then on', async () => {
    const { id, key } = await makeKey('sender')
    const told = listen()
    await use(id, HOME, NOW)
    await vi.waitFor(async () => expect((await row(id)).places).toEqual([HOME]))
    const known = await row(id)
    noteKeyUse(env, known, from(ABROAD), NOW + 1)
    noteKeyUse(env, known, from(ABROAD), NOW + 2)
    await vi.waitFor(() => expect(told()).toHaveLength(1))
    const expected = { kind: 'unusual_use', app_id: app.id, key_id: id, place: ABROAD, known_places: [HOME] }
    expect(told()).toEqual([{ level: 'warn', ...expected }])
    expect(JSON.stringify(told())).not.toContain(key)
    const audited = await vi.waitFor(async () => {
      const { body } = await call('GET', '/v1/audit?action=keyUsedUnusually', { bearer: app.admin })
      expect(body.data).toHaveLength(1)
      return body.data[0]
    })
    expect(audited).toMatchObject({
      target: id,
      outcome: 'noticed',
      actor: { kind: 'key', id, role: 'sender' },
      origin: { ip: '203.0.113.7', country: 'US', asn: 16_509 },
      after: { known_places: [HOME] },
    })
    expect((await row(id)).places).toEqual([HOME, ABROAD])
    await use(id, ABROAD, NOW + 6 * MINUTE_MS)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW + 6 * MINUTE_MS))
    expect(told()).toHaveLength(1)
  })

  it('whose first use was noted elsewhere meanwhile is looked up again, and judged by that', async () => {
    const { id, key } = await makeKey('sender')
    const told = listen()
    const stale = await row(id)
    await use(id, HOME, NOW)
    await vi.waitFor(async () => expect((await row(id)).places).toEqual([HOME]))
    noteKeyUse(env, stale, from(ABROAD), NOW + 1)
    await vi.waitFor(async () => {
      const request = new Request('https://fanfare.test/v1/topics', {
        headers: { Authorization: `Bearer ${key}` },
        cf: ABROAD as RequestInitCfProperties,
      })
      expect((await api.fetch(request, env)).status).toBe(200)
      expect(told()).toHaveLength(1)
    })
  })

  it('that replaces another one inherits its habit', async () => {
    const { id } = await makeKey('sender')
    await use(id, HOME, NOW)
    await vi.waitFor(async () => expect((await row(id)).places).toEqual([HOME]))
    const rotated = await call('POST', `/v1/apps/${app.id}/keys/${id}/rotate`, { bearer: ROOT })
    expect(await row(rotated.body.id)).toMatchObject({ places: [HOME], lastUsedAt: null })
  })
})

describe('a client key', () => {
  it('is used from everywhere: only when is noted', async () => {
    const { id, key } = await makeKey('client')
    const told = listen()
    await authenticate(env, `Bearer ${key}`, from(HOME), NOW)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW))
    await authenticate(env, `Bearer ${key}`, from(ABROAD), NOW + 6 * MINUTE_MS)
    await vi.waitFor(async () => expect((await row(id)).lastUsedAt).toBe(NOW + 6 * MINUTE_MS))
    expect([(await row(id)).places, told()]).toEqual([null, []])
  })
})

describe('a note that cannot be written', () => {
  it('harms nobody, and is made up for by the next use', async () => {
    const { id } = await makeKey('analyst')
    const known = await row(id)
    const error = muteConsole('error')
    const prepare = () => {
      throw new Error('D1 is away')
    }
    const broken = { prepare } as unknown as D1Database
    noteKeyUse({ ...env, DB: broken }, known, from(null), NOW)
    await vi.waitFor(() => expect(error).toHaveBeenCalled())
    forgetKey(known.keyHash)
    await vi.waitFor(async () => {
      noteKeyUse(env, known, from(null), NOW)
      expect((await row(id)).lastUsedAt).toBe(NOW)
    })
  })
})
