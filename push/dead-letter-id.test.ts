import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeDeadLetterId, readDeadLetterId } from './dead-letter-id.ts'
import { makeId } from './ids.ts'

const place = fc.record({
  notificationId: fc
    .tuple(fc.integer({ min: 0, max: 32 ** 9 - 1 }), fc.uint8Array({ minLength: 20, maxLength: 20 }))
    .map(([now, random]) => makeId('ntf', now, random)),
  shard: fc.option(fc.integer({ min: 0, max: 2 ** 20 - 2 })),
  ticket: fc.integer({ min: 0, max: 2 ** 25 - 1 }),
  ordinal: fc.integer({ min: 0, max: 1023 }),
})

describe('the id of a dead letter', () => {
  it('says where it stands', () => {
    fc.assert(
      fc.property(place, (given) => {
        expect(readDeadLetterId(makeDeadLetterId(given))).toEqual(given)
      }),
    )
  })

  it('sorts as the ids of notifications do', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        fc.pre(a.notificationId !== b.notificationId)
        expect(makeDeadLetterId(a) < makeDeadLetterId(b)).toBe(a.notificationId < b.notificationId)
      }),
    )
  })

  it.each([
    '',
    'dlq_',
    'ntf_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
    `dlq_${'0'.repeat(39)}`,
    `dlq_${'0'.repeat(41)}`,
    `dlq_${'u'.repeat(40)}`,
    `DLQ_${'0'.repeat(40)}`,
  ])('is not %j', (text) => {
    expect(readDeadLetterId(text)).toBeNull()
  })

  it('refuses a place that does not fit', () => {
    const notificationId = makeId('ntf', 0, new Uint8Array(20))
    expect(() => makeDeadLetterId({ notificationId, shard: 0, ticket: 2 ** 25, ordinal: 0 })).toThrow(RangeError)
  })
})
