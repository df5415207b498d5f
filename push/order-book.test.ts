import { describe, expect, it } from 'vitest'
import * as order from './order-book.ts'

const SAID = { sequence: 7, turn: false }

/** In two lines, the first of which has answered that it is its turn. */
function book(): order.OrderBook {
  return order.hear(order.addLines({}, ['a', 'b']), 'a', { sequence: 7, turn: true })
}

describe('what a notification knows of its lines', () => {
  it('names a line by the topic, or by the slot that all devices of a person share', () => {
    expect([order.topicLine('news'), order.slotLine(17)]).toEqual(['topic/news', 'slot/17'])
  })

  it('keeps what it knows of a line that is added again', () => {
    const known = book()
    expect(order.addLines(known, ['a'])).toBe(known)
    expect(order.addLines(known, ['a', 'c']).a).toEqual(known.a)
  })

  it.each([
    ['nothing heard', order.addLines({}, ['a']), { unheard: ['a'], waiting: ['a'], ready: [], standingIn: ['a'] }],
    [
      'waits',
      order.hear(order.addLines({}, ['a']), 'a', SAID),
      { unheard: [], waiting: ['a'], ready: [], standingIn: ['a'] },
    ],
    ['has the turn', book(), { unheard: ['b'], waiting: ['b'], ready: ['a'], standingIn: ['a', 'b'] }],
    ['sends', order.letGo(book(), 'a', [0, 3]), { unheard: ['b'], waiting: ['b'], ready: [], standingIn: ['a', 'b'] }],
    ['left', order.leave(book(), ['a', 'b']), { unheard: [], waiting: [], ready: [], standingIn: [] }],
  ])('knows where it stands: %s', (_, known, expected) => {
    const { unheard, waiting, ready, standingIn } = order
    const found = { unheard: unheard(known), waiting: waiting(known), ready: ready(known) }
    expect({ ...found, standingIn: standingIn(known) }).toEqual(expected)
  })

  it('never loses a turn to a late answer that knows of none', () => {
    expect(order.hear(book(), 'a', SAID).a).toMatchObject({ turn: true })
  })

  it('does not come back into a line that it has left, or never was in', () => {
    const left = order.leave(book(), ['a'])
    expect(order.hear(left, 'a', { sequence: 9, turn: true })).toBe(left)
    expect(order.hear(left, 'x', { sequence: 9, turn: true })).toBe(left)
    expect(order.letGo(left, 'x', [1])).toBe(left)
  })

  it.each([
    ['no line at all: nobody to send to', {}, true],
    ['a turn somewhere', book(), true],
    ['others everywhere', order.hear(order.addLines({}, ['a', 'b']), 'a', SAID), false],
  ])('starts with %s', (_, known, expected) => {
    expect(order.mayStart(known)).toBe(expected)
  })

  it('is finished in a line when all tickets are that it let go there', () => {
    const sending = order.letGo(order.letGo(book(), 'a', [0, 3]), 'b', [1])
    const isFinished = (ticket: number) => ticket !== 3
    expect(order.finished(sending, null, isFinished)).toEqual(['b'])
    expect(order.finished(sending, 0, () => true)).toEqual(['a'])
    expect(order.finished(order.leave(sending, ['b']), null, () => true)).toEqual(['a'])
    expect(order.finished(book(), null, () => true)).toEqual([])
  })

  it('is finished at once in a line that nobody of its tickets is in', () => {
    expect(order.finished(order.letGo(book(), 'a', []), null, () => false)).toEqual(['a'])
  })
})

it('what was heard before changes nothing, so that nothing has to be written', () => {
  const book = order.hear(order.addLines({}, ['a']), 'a', SAID)
  expect(order.hear(book, 'a', SAID)).toBe(book)
  expect(order.hear(book, 'a', { ...SAID, turn: true })).not.toBe(book)
})
