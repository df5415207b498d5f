import { expect, test } from 'vitest'
import { HeldBytes, Hold } from './held-bytes.ts'

test('tickets are let in as long as what is held stays within the limit', () => {
  const held = new HeldBytes(100)
  const first = new Hold(held, 60)
  expect(held.hasRoomFor(40)).toBe(true)
  expect(held.hasRoomFor(41)).toBe(false)
  first.release()
  expect(held.now).toBe(0)
})

test('one that unpacks to more than there is room for keeps its size', () => {
  const held = new HeldBytes(100)
  const first = new Hold(held, 10)
  const second = new Hold(held, 10)
  expect(second.resize(91)).toBe(false)
  expect(held.now).toBe(20)
  expect(second.resize(90)).toBe(true)
  expect(held.now).toBe(100)
  first.release()
  second.release()
  expect(held.now).toBe(0)
})

test('one that is alone is never turned away, so that no limit is too small for every ticket', () => {
  const held = new HeldBytes(1)
  expect(new Hold(held, 10).resize(1000)).toBe(true)
})

test('unread answers keep the door shut', () => {
  const held = new HeldBytes(100)
  const hold = new Hold(held, 50)
  hold.change(60)
  expect(held.hasRoomFor(1)).toBe(false)
  hold.change(-60)
  expect(held.hasRoomFor(50)).toBe(true)
})
