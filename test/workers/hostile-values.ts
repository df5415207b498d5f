/** Values and bodies that somebody means harm with, or that a program makes by mistake. Data for tests only. */

/** Objects, one in the other, as text: a thousand levels of them overflow a careless stack. */
export function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

/** JSON texts, each put in the place of every field of every body. */
export const HOSTILE_VALUES: readonly string[] = [
  'null',
  'true',
  '-1',
  '1.5',
  '1e400',
  '99999999999999999999',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"\\u202e<script>\'; drop table device; --"',
  JSON.stringify('x'.repeat(20_000)),
  '[]',
  '{}',
  '{"__proto__":{"admin":true}}',
  '{"toString":1,"constructor":{"prototype":1}}',
  nested(6_000),
  `[${'[],'.repeat(20_000)}[]]`,
]

/** Every body that is `body` with one of its values, at any depth, replaced by one of the hostile ones. */
export function* hostileVariants(body: object): Generator<string> {
  for (const path of pathsOf(body)) {
    for (const value of HOSTILE_VALUES) yield withValueAt(body, path, value)
  }
}

const MARK = 'the place of the hostile value'

function withValueAt(body: object, path: readonly string[], json: string): string {
  const marked = structuredClone(body) as Record<string, unknown>
  let at = marked
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[path.at(-1)!] = MARK
  // A function, so that a `$` in the value means itself.
  return JSON.stringify(marked).replace(JSON.stringify(MARK), () => json)
}

function* pathsOf(value: object, before: readonly string[] = []): Generator<string[]> {
  for (const [key, inner] of Object.entries(value)) {
    const path = [...before, key]
    yield path
    if (typeof inner === 'object' && inner !== null) yield* pathsOf(inner, path)
  }
}
