import { expect, it } from 'vitest'
import { chunksOf } from './chunks.ts'

it.each([
  { rows: [], size: 2, are: [] },
  { rows: [1], size: 2, are: [[1]] },
  {
    rows: [1, 2, 3, 4],
    size: 2,
    are: [
      [1, 2],
      [3, 4],
    ],
  },
  { rows: [1, 2, 3, 4, 5], size: 2, are: [[1, 2], [3, 4], [5]] },
])('the pieces of $rows by $size are $are', ({ rows, size, are }) => {
  expect([...chunksOf(rows, size)]).toEqual(are)
})
