/** Bindings that are broken: at once, when something that they gave out is asked, or, of a database, after some answers. */

/** What the broken part says, and only the log may repeat. */
export const INSIDE = 'inside: select key_hash from api_key at /srv/fanfare/workers/secret.ts:7'

/** @param onUse called whenever it breaks */
export type Breakage = (onUse: () => void) => never

/** Throws at whatever is done with it, once it is called by it. */
export function brokenAtOnce(onUse: () => void): never {
  const fail = () => {
    onUse()
    throw new Error(INSIDE)
  }
  return new Proxy({}, { get: () => fail }) as never
}

/** Gives out objects and statements, and breaks when these are asked something. */
export function brokenWhenAsked(onUse: () => void): never {
  const reject = () => rejection(onUse)
  const stub: object = new Proxy({}, { get: (_, name) => (name === 'bind' ? () => stub : reject) })
  const gives = ['getByName', 'get', 'idFromName', 'prepare']
  return new Proxy({}, { get: (_, name) => (gives.includes(String(name)) ? () => stub : reject) }) as never
}

/** A database that does so many queries, a batch is one, and none after them: what a call knows by then, it may spill. */
export function brokenAfter(answers: number, database: D1Database): Breakage {
  return (onUse) => {
    let left = answers
    const real = new WeakMap<object, D1PreparedStatement>()
    const ask = (query: () => unknown) => (left-- > 0 ? query() : rejection(onUse))
    const watch = (statement: D1PreparedStatement): D1PreparedStatement => {
      const bind = (...values: unknown[]) => watch(statement.bind(...values))
      const get = (_: object, name: 'all' | 'first' | 'raw' | 'run' | 'bind') => {
        if (name === 'bind') return bind
        const asked = statement[name] as (...how: unknown[]) => unknown
        return (...how: unknown[]) => ask(() => asked.apply(statement, how))
      }
      const watched = new Proxy({}, { get: get as ProxyHandler<object>['get'] }) as D1PreparedStatement
      real.set(watched, statement)
      return watched
    }
    return {
      prepare: (query: string) => watch(database.prepare(query)),
      batch: (statements: object[]) => ask(() => database.batch(statements.map((statement) => real.get(statement)!))),
    } as never
  }
}

function rejection(onUse: () => void): Promise<never> {
  onUse()
  return Promise.reject(new Error(INSIDE))
}
