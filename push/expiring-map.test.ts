import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExpiringMap } from './expiring-map.ts'

const LIFE_MS = 100

describe('a map whose values expire', () => {
  it('answers a value until its life is over, not a millisecond longer', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 2 })
    map.set('a', 'one', 1_000)
    expect(map.get('a', 1_000)).toBe('one')
    expect(map.get('a', 1_099)).toBe('one')
    expect(map.get('a', 1_100)).toBeUndefined()
  })

  it('begins a life anew when the value is replaced', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 2 })
    map.set('a', 'one', 0)
    map.set('a', 'two', 90)
    expect(map.get('a', 150)).toBe('two')
  })

  it('does not use what was added before the clock was set back', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 2 })
    map.set('a', 'one', 1_000_000)
    expect(map.get('a', 5)).toBeUndefined()
  })

  it('lets the one that was added first fall out, and a replaced one counts as added then', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 2 })
    map.set('a', 'one', 0)
    map.set('b', 'two', 1)
    map.set('a', 'three', 2)
    map.set('c', 'four', 3)
    expect([map.get('a', 3), map.get('b', 3), map.get('c', 3)]).toEqual(['three', undefined, 'four'])
  })

  it('gives back the memory of what is over', () => {
    const map = new ExpiringMap<number>({ lifeMs: LIFE_MS, most: 1_000 })
    for (let n = 0; n < 500; n++) map.set(`old ${n}`, n, 0)
    map.set('new', 1, LIFE_MS)
    expect(map.size).toBe(1)
  })

  it('forgets one, and all', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 3 })
    map.set('a', 'one', 0)
    map.set('b', 'two', 0)
    map.delete('a')
    expect([map.get('a', 0), map.get('b', 0)]).toEqual([undefined, 'two'])
    map.clear()
    expect(map.get('b', 0)).toBeUndefined()
  })

  it('says whether anything was deleted while a value was looked up', () => {
    const map = new ExpiringMap<string>({ lifeMs: LIFE_MS, most: 3 })
    const { deletions } = map
    map.set('a', 'one', 0)
    map.get('a', LIFE_MS)
    expect(map.deletions).toBe(deletions)
    map.delete('never added')
    expect(map.deletions).not.toBe(deletions)
  })

  it('answers the last value set within its life, and never holds more than it may, whatever happens', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      waitMs: fc.integer({ min: -20, max: 60 }),
      does: fc.constantFrom('set', 'get', 'delete'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
        const map = new ExpiringMap<number>({ lifeMs: LIFE_MS, most })
        const last = new Map<string, { value: number; at: number }>()
        let now = 10_000
        for (const [value, { key, waitMs, does }] of steps.entries()) {
          now += waitMs
          if (does === 'delete') {
            map.delete(key)
            last.delete(key)
          } else if (does === 'set') {
            map.set(key, value, now)
            last.set(key, { value, at: now })
            expect(map.get(key, now)).toBe(value)
          } else {
            const got = map.get(key, now)
            const known = last.get(key)
            if (got !== undefined) expect(got).toBe(known?.value)
            if (known && (now < known.at || now - known.at >= LIFE_MS)) expect(got).toBeUndefined()
          }
          expect(map.size).toBeLessThanOrEqual(most)
        }
      }),
    )
  })
})
