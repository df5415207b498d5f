import { expect, test } from 'vitest'
import { reconnectDelayMs } from './reconnect-delay.ts'

const rows: [failures: number, random: number, delayMs: number][] = [
  [1, 0, 50],
  [1, 1, 100],
  [2, 1, 200],
  [4, 0, 400],
  [7, 1, 5000],
  [1000, 0, 2500],
]
test.each(rows)('after %d failures in a row and a lot of %d: %d ms', (failures, random, delayMs) => {
  expect(reconnectDelayMs(failures, random)).toBe(delayMs)
})
