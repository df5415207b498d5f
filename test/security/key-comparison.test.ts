/**
 * Guessing a key from how long its refusal takes. That the comparison touches every character wherever the first
 * difference is, is counted; that nothing else gives it away is measured, with a bound that only an early exit breaks.
 */
import { describe, expect, it } from 'vitest'
import { equalInConstantTime } from '../../push/constant-time.ts'
import { hashKey } from '../../push/key-text.ts'
import { isTaken } from '../../push/root-key.ts'

/** A text that differs from 'aaa…' in one place, or nowhere. */
function differingAt(place: number | null, length: number): string {
  return place === null ? 'a'.repeat(length) : `${'a'.repeat(place)}b${'a'.repeat(length - place - 1)}`
}

/** A text that counts how often it is looked into. */
function counted(text: string) {
  const looks = { at: new Map<number, number>() }
  const charCodeAt = (index: number) => {
    looks.at.set(index, (looks.at.get(index) ?? 0) + 1)
    return text.charCodeAt(index)
  }
  return { text: { length: text.length, charCodeAt } as unknown as string, looks }
}

const LENGTH = 64
const PLACES = [null, 0, 1, 31, 62, 63]

describe('comparing two texts', () => {
  it.each(PLACES)('that differ first at %j looks at every character of both once', (place) => {
    const [known, shown] = [counted(differingAt(null, LENGTH)), counted(differingAt(place, LENGTH))]
    expect(equalInConstantTime(known.text, shown.text)).toBe(place === null)
    const everyOnce = new Map(Array.from({ length: LENGTH }, (_, index) => [index, 1]))
    expect([known.looks.at, shown.looks.at]).toEqual([everyOnce, everyOnce])
  })

  it.each([0, 1, 2, null])('of a list looks at all of them, whichever fits (%j)', (fits) => {
    const list = [0, 1, 2].map((index) => counted(differingAt(fits === index ? null : index, LENGTH)))
    const texts = list.map(({ text }) => text)
    expect(isTaken(texts, differingAt(null, LENGTH))).toBe(fits !== null)
    expect(list.map(({ looks }) => looks.at.size)).toEqual([LENGTH, LENGTH, LENGTH])
  })
})

describe('the time that a comparison takes', () => {
  /** Long, so that leaving at the first difference is seen: measured, it made the ratio 13; without it, it is 1.0. */
  const LONG = 65_536
  const RUNS = 9
  /** The median of interleaved runs does not change so much because a machine is busy. */
  const BOUND = 5
  /** A second on an idle machine. */
  const TIMEOUT_MS = 60_000

  it(
    'does not depend on where the first difference is',
    async () => {
      const known = differingAt(null, LONG)
      const [early, late] = [differingAt(0, LONG), differingAt(LONG - 1, LONG)]
      const times: { early: number[]; late: number[] } = { early: [], late: [] }
      for (let run = 0; run < RUNS; run++) {
        times.early.push(await timeOf(() => equalInConstantTime(known, early)))
        times.late.push(await timeOf(() => equalInConstantTime(known, late)))
      }
      expect(median(times.late) / median(times.early)).toBeLessThan(BOUND)
      expect(median(times.early) / median(times.late)).toBeLessThan(BOUND)
    },
    TIMEOUT_MS,
  )
})

it('what is compared are hashes: a bearer that is nearly right is as far from the key as any other', async () => {
  const [key, near] = await Promise.all(['root_secret_a', 'root_secret_b'].map(hashKey))
  const same = [...key!].filter((character, index) => character === near![index]).length
  expect(same).toBeLessThan(24)
})

/** ms of forty comparisons. The clock of the runtime stands still until something is waited for. */
async function timeOf(compare: () => boolean): Promise<number> {
  await scheduler.wait(1)
  const startedAt = performance.now()
  for (let i = 0; i < 40; i++) compare()
  await scheduler.wait(1)
  return performance.now() - startedAt
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}
