/**
 * Lists as one bound parameter. D1 takes 100 parameters a statement, but one of them may be a JSON text of up
 * to 2 MB that `json_each` turns into rows.
 */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/** Under D1's 2 MB for a string, counted in UTF-16 units of which each may be 3 bytes of UTF-8. */
const MAX_JSON_CHARACTERS = 600_000

/** Rows a statement: keeps one write far from D1's 30 s, and other queries from waiting behind it. */
const MAX_ROWS = 2_000

/** `column in (list)`, for columns of the primary key. The list must fit one text: ids of a request body of 1 MiB do. */
export function inList(column: SQLWrapper, values: readonly string[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(values)}))`
}

/**
 * `from ${listed(values)} cross join …` with `${isListed(column)}`: one look-up for each value, for columns of a
 * secondary index. With `in`, SQLite would take the app, the first column of the primary key, for narrower than a
 * list and walk through all of the app's rows. An index that is not unique must also be named (`indexed by`).
 */
export function listed(values: readonly string[]): SQL {
  return sql`json_each(${JSON.stringify([...new Set(values)])}) as listed`
}

export function isListed(column: SQLWrapper): SQL {
  return sql`${column} = listed.value`
}

/** Cuts rows into lists that one statement can take, in order. */
export function cutRows<Row>(rows: readonly Row[]): Row[][] {
  const cuts: Row[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const length = JSON.stringify(row).length + 1
    const current = cuts.at(-1)
    if (current === undefined || current.length >= MAX_ROWS || characters + length > MAX_JSON_CHARACTERS) {
      cuts.push([row])
      characters = length
    } else {
      current.push(row)
      characters += length
    }
  }
  return cuts
}
