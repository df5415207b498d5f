/** A D1 database that notes the text of every statement. The statements run as ever. */

export interface RecordedDatabase {
  readonly database: D1Database
  readonly statements: Set<string>
}

export function recordStatements(of: D1Database): RecordedDatabase {
  const statements = new Set<string>()
  const prepare = (text: string) => {
    statements.add(text.replaceAll(/\s+/g, ' ').trim())
    return of.prepare(text)
  }
  const database = new Proxy(of, {
    get: (target, name) => {
      if (name === 'prepare') return prepare
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { database, statements }
}
