import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../notification.ts'
import { mergeJson } from './merge-json.ts'

describe('mergeJson', () => {
  // The rows of RFC 7396 Appendix A whose target and patch are objects.
  const rows: [base: JsonObject, override: JsonObject, merged: Json][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  test.each(rows)('%j patched with %j is %j', (base, override, merged) => {
    expect(mergeJson(base, override)).toEqual(merged)
  })

  test('changes neither argument', () => {
    const base = { a: { b: 1 } }
    const override = { a: { c: 2 } }
    mergeJson(base, override)
    expect([base, override]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }])
  })

  test('takes "__proto__" for a key like any other', () => {
    const merged = mergeJson({}, JSON.parse('{"__proto__": {"a": 1}}'))
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1}}')
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  })
})
