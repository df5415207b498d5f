/** Guessing bearers: met by a limit on the address, before anything is looked up, and in nobody else's way. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, makeApp } from '../workers/calling.ts'

/** Of the small rate limit, which is three a minute: one of these is refused though a minute ends among them. */
const ENOUGH = 8

let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  app = await makeApp()
})

function from(address: string, bearer: string, more: Partial<Env> = {}) {
  return call('GET', '/v1/topics', {
    bearer,
    headers: { 'CF-Connecting-IP': address },
    env: { FAILED_BEARERS: env.SMALL_RATE_LIMIT, ...more },
  })
}

/** Well-formed as far as anybody can tell without looking, and wrong. */
function guess(number: number): string {
  return `guess-${number}`
}

async function fail(address: string, times = ENOUGH) {
  const answers = []
  for (let i = 0; i < times; i++) answers.push(await from(address, guess(i)))
  return answers
}

/** A database that says so when it is asked. */
function watched(): { DB: D1Database; asked: string[] } {
  const asked: string[] = []
  const DB = new Proxy(env.DB, {
    get: (database, property) => {
      const value = Reflect.get(database, property)
      if (property === 'prepare') asked.push('prepare')
      return typeof value === 'function' ? value.bind(database) : value
    },
  })
  return { DB, asked }
}

describe('guessing from one address', () => {
  it('is answered 401 a few times, then 429 with the time to wait', async () => {
    const answers = await fail('203.0.113.1')
    expect(answers[0]!.status).toBe(401)
    const last = answers.at(-1)!
    expect([last.status, last.body.code, last.body.retry]).toEqual([429, 'rate_limited', 'backoff'])
    expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
  })

  it('asks the database nothing any more, for a key that would have to be looked up', async () => {
    await fail('203.0.113.2')
    const { DB, asked } = watched()
    const answer = await from('203.0.113.2', app.analyst, { DB })
    expect([answer.status, asked]).toEqual([429, []])
  })

  it('is one guesser on the whole /64', async () => {
    await fail('2001:db8:5:6::1')
    expect((await from('2001:db8:5:6:ffff::2', guess(0))).status).toBe(429)
    expect((await from('2001:db8:5:7::1', guess(0))).status).toBe(401)
  })

  it('is in nobody’s way elsewhere', async () => {
    await fail('203.0.113.3')
    expect((await from('203.0.113.4', app.admin)).status).toBe(200)
  })

  it('is not in the way of a key that was good at that address before', async () => {
    expect((await from('203.0.113.5', app.sender)).status).toBe(200)
    await fail('203.0.113.5')
    for (let i = 0; i < ENOUGH; i++) expect((await from('203.0.113.5', app.sender)).status).toBe(200)
  })

  it('is not helped by good calls in between: they count neither for nor against', async () => {
    const statuses: number[] = []
    for (let i = 0; i < ENOUGH; i++) {
      expect((await from('203.0.113.6', app.client)).status).toBe(403)
      statuses.push((await from('203.0.113.6', guess(i))).status)
    }
    expect(statuses).toContain(429)
  })
})

describe('what is no guess', () => {
  it('counts as none: good keys, however often, and calls without a bearer', async () => {
    for (let i = 0; i < ENOUGH; i++) {
      expect((await from('203.0.113.7', app.admin)).status).toBe(200)
      const { status } = await call('GET', '/v1/topics', {
        headers: { 'CF-Connecting-IP': '203.0.113.7' },
        env: { FAILED_BEARERS: env.SMALL_RATE_LIMIT },
      })
      expect(status).toBe(401)
    }
  })

  it.each(['127.0.0.1', '::1'])('is not counted from %s, where one address is everybody', async (address) => {
    expect((await fail(address)).map(({ status }) => status)).toEqual(Array(ENOUGH).fill(401))
  })

  it('is answered as ever where the platform’s limit is not bound, or does not answer', async () => {
    const broken = { limit: () => Promise.reject(new Error('the limit is gone')) } as unknown as RateLimit
    for (const FAILED_BEARERS of [undefined, broken] as RateLimit[]) {
      for (let i = 0; i < ENOUGH; i++) {
        expect((await from('203.0.113.8', guess(i), { FAILED_BEARERS })).status).toBe(401)
      }
    }
  })
})
