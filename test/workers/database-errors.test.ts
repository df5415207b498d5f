/** What is thrown, and therefore logged, when D1 does not do a query: the query, never a value. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { D1QueryError, drizzle } from '../../schema/d1/drizzle.ts'
import { call } from './calling.ts'

const VALUE = 'a-device-token'

async function thrownBy(asked: Promise<unknown>): Promise<Error> {
  return await asked.then(
    () => expect.unreachable('D1 did it'),
    (error) => error,
  )
}

describe('a query that D1 refuses', () => {
  const query = sql`select * from nowhere where token = ${VALUE}`

  it.each([
    ['run', () => drizzle(env.DB).run(query)],
    ['all', () => drizzle(env.DB).all(query)],
    ['get', () => drizzle(env.DB).get(query)],
    ['values', () => drizzle(env.DB).values(query)],
  ])('by %s throws what D1 said and which query it was, without its values', async (_, ask) => {
    const error = await thrownBy(Promise.resolve(ask()))
    expect(error).toBeInstanceOf(D1QueryError)
    expect(error.message).toMatch(/no such table: nowhere.*, of: select \* from nowhere where token = \?$/s)
    expect(JSON.stringify([error, error.message, error.stack, String(error.cause)])).not.toContain(VALUE)
  })

  it('because it is overloaded tells the caller when to come back', async () => {
    const statement = { bind: () => statement, raw: busy, all: busy, run: busy }
    const { status, body } = await call('GET', '/healthz', { env: { DB: { prepare: () => statement } as never } })
    expect([status, body.code]).toEqual([503, 'overloaded'])
  })
})

function busy(): Promise<never> {
  return Promise.reject(new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.'))
}
