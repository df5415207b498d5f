import { expect, test } from 'vitest'
import { Queue } from './queue.ts'

test('first in, first out', () => {
  const queue = new Queue<number>()
  const taken: (number | undefined)[] = []
  for (const next of [1, 2, 3]) queue.push(next)
  expect([queue.size, queue.first]).toEqual([3, 1])
  taken.push(queue.take(), queue.take())
  queue.push(4)
  expect(queue.size).toBe(2)
  taken.push(queue.take(), queue.take(), queue.take())
  expect(taken).toEqual([1, 2, 3, 4, undefined])
  expect([queue.size, queue.first]).toEqual([0, undefined])
})
