import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apnsIdsOf } from './apns-id.ts'

const UUID_8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('the apns-id', () => {
  test('is a lower-case UUID of version 8, whatever the ids', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => UUID_8.test(apnsIdsOf(a)(b))))
  })

  test('is frozen: a retry after a deployment carries it too', () => {
    const apnsId = apnsIdsOf('ntf_01kxyz9abcdefghjkmnpqrstvwxyz')('dev_01kxyz9abcdefghjkmnpqrstvwxyz')
    expect(apnsId).toBe('509817f5-e1d5-827b-9524-6c52598ab502')
  })

  test('differs by notification and by device', () => {
    const ids = new Set<string>()
    for (let n = 0; n < 100; n++) {
      const apnsIdOf = apnsIdsOf(`ntf_${n}`)
      for (let d = 0; d < 1000; d++) ids.add(apnsIdOf(`dev_${d}`))
    }
    expect(ids.size).toBe(100_000)
  })
})
