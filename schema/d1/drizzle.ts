/**
 * Drizzle over D1 as everything here uses it. The library's own errors quote the parameters of the query that failed:
 * device tokens, user ids, hashes. Errors are logged, so these say the query and D1's word, and no value.
 */
import { DrizzleQueryError } from 'drizzle-orm'
import { DrizzleD1Database } from 'drizzle-orm/d1'
import { SQLiteD1Session } from 'drizzle-orm/d1/session'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

type Tables = Record<string, never>

/** Queries over a database; what D1 refuses is thrown as {@link D1QueryError}, of a batch as D1 said it. */
export function drizzle(db: D1Database): DrizzleD1Database {
  const dialect = new SQLiteAsyncDialect()
  return new DrizzleD1Database('async', dialect, new DiscreetSession(db, dialect, undefined), undefined)
}

/** A query that D1 did not do. */
export class D1QueryError extends Error {
  override readonly name = 'D1QueryError'

  constructor(query: string, cause: unknown) {
    super(`${cause instanceof Error ? cause.message : cause}, of: ${query}`, { cause })
  }
}

class DiscreetSession extends SQLiteD1Session<Tables, Tables> {
  override prepareQuery(...how: Parameters<SQLiteD1Session<Tables, Tables>['prepareQuery']>) {
    const query = super.prepareQuery(...how)
    for (const ask of ['run', 'all', 'get', 'values'] as const) {
      const asked = query[ask].bind(query)
      Object.assign(query, { [ask]: (values?: Record<string, unknown>) => asked(values).catch(throwDiscreetly) })
    }
    return query
  }
}

function throwDiscreetly(error: unknown): never {
  throw error instanceof DrizzleQueryError ? new D1QueryError(error.query, error.cause) : error
}
