import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OrderLine } from './order-line.ts'
import { dropOverdue, enterLine, headOf, leaveLine, MOST_PLACES, OVERDUE_MS } from './order-line.ts'

const NOW = 1_795_000_000_000
const LIFE_MS = 60_000
const EMPTY_LINE: OrderLine = { last: 0, places: [] }

function enter(line: OrderLine, notificationId: string, now = NOW): OrderLine {
  return enterLine(line, { notificationId, expiresAt: now + LIFE_MS }, now).line
}

describe('a line of ordered sends', () => {
  it('gives the turn to the first, and to the next when the first leaves', () => {
    const line = enter(enter(enter(EMPTY_LINE, 'a'), 'b'), 'c')
    expect(headOf(line)?.notificationId).toBe('a')
    expect(headOf(leaveLine(line, 'a'))?.notificationId).toBe('b')
    expect(headOf(leaveLine(leaveLine(line, 'b'), 'a'))?.notificationId).toBe('c')
    expect(headOf(EMPTY_LINE)).toBeNull()
  })

  it('changes nothing when somebody enters or leaves twice', () => {
    const line = enter(enter(EMPTY_LINE, 'a'), 'b')
    expect(enter(line, 'a', NOW + 1)).toBe(line)
    expect(leaveLine(line, 'x')).toBe(line)
    expect(dropOverdue(line, NOW)).toBe(line)
  })

  it.each([
    ['the time', EMPTY_LINE, NOW, NOW],
    ['one more when two come in the same millisecond', { last: NOW, places: [] }, NOW, NOW + 1],
    ['one more when the clock was set back', { last: NOW, places: [] }, NOW - 3_600_000, NOW + 1],
  ])('numbers a place with %s', (_, line, now, sequence) => {
    expect(enterLine(line, { notificationId: 'a', expiresAt: now }, now).place).toMatchObject({ sequence })
  })

  it('drops who has expired only long after', () => {
    const line = enter(EMPTY_LINE, 'broken')
    expect(dropOverdue(line, NOW + LIFE_MS + OVERDUE_MS - 1).places).toHaveLength(1)
    expect(dropOverdue(line, NOW + LIFE_MS + OVERDUE_MS).places).toHaveLength(0)
  })

  it('takes no more than it can hold, and who is in it stays in it', () => {
    let line = EMPTY_LINE
    for (let i = 0; i < MOST_PLACES; i++) line = enter(line, `n${i}`)
    expect(enterLine(line, { notificationId: 'late', expiresAt: NOW }, NOW)).toEqual({ line, place: null })
    expect(enterLine(line, { notificationId: 'n999', expiresAt: NOW }, NOW).place).not.toBeNull()
  })
})

/** Steps of a line's life: somebody enters or leaves, or the clock moves, either way. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), who: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ kind: fc.constant('leave' as const), who: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ kind: fc.constant('tick' as const), ms: fc.integer({ min: -5_000, max: 1_000_000 }) }),
)

describe('whatever happens to a line', () => {
  it('is first in, first out, numbers only grow, and nobody blocks for ever', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let line = EMPTY_LINE
        let now = NOW
        let waiting: string[] = []
        const given: number[] = []
        for (const next of steps) {
          if (next.kind === 'tick') now += next.ms
          line = dropOverdue(line, now)
          waiting = waiting.filter((id) => line.places.some((place) => place.notificationId === id))
          if (next.kind === 'enter') {
            const id = `n${next.who}`
            const entered = enterLine(line, { notificationId: id, expiresAt: now + LIFE_MS }, now)
            line = entered.line
            if (!waiting.includes(id)) given.push(entered.place!.sequence)
            if (!waiting.includes(id)) waiting.push(id)
          } else if (next.kind === 'leave') {
            line = leaveLine(line, `n${next.who}`)
            waiting = waiting.filter((id) => id !== `n${next.who}`)
          }
          expect(line.places.map((place) => place.notificationId)).toEqual(waiting)
          expect(headOf(line)?.notificationId).toBe(waiting[0])
        }
        expect(given).toEqual([...new Set(given)].sort((a, b) => a - b))
        const latest = Math.max(0, ...line.places.map((place) => place.expiresAt))
        expect(dropOverdue(line, latest + OVERDUE_MS).places).toHaveLength(0)
      }),
    )
  })
})
