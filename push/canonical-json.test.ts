import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import type { Json } from './notification.ts'

describe('canonical JSON', () => {
  it.each<[string, Json, string]>([
    ['sorts keys', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['sorts within objects and arrays', [{ z: { y: 1, x: 2 } }], '[{"z":{"x":2,"y":1}}]'],
    ['keeps the order of arrays', [3, 1, 2], '[3,1,2]'],
    ['writes numbers as ECMAScript does', [1e30, 4.5, 2e-3, 1e-27, -0], '[1e+30,4.5,0.002,1e-27,0]'],
    // RFC 8785 §3.2.3: by UTF-16 code units, so a surrogate pair (U+1F600) comes before U+FB33.
    [
      'sorts by code units',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5 },
      '{"\\r":2,"1":4,"€":1,"😀":5,"\ufb33":3}',
    ],
    ['escapes no more than it must', '/<>\u007f\u0001"', '"/<>\u007f\\u0001\\""'],
  ])('%s', (_what, value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it('says the same of the same value, however its keys were written down', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse())
        expect(canonicalJson(turned as Json)).toBe(canonicalJson(object as Json))
        expect(JSON.parse(canonicalJson(object as Json))).toEqual(JSON.parse(JSON.stringify(object)))
      }),
    )
  })

  it('refuses what JSON cannot say', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(RangeError)
  })
})
