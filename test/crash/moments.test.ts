import { describe, expect, it } from 'vitest'
import { rollDice } from '../../dev/dice.ts'
import { drawMoments, hasCome, MOMENTS, type Progress } from './moments.ts'

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed)
const nothing: Progress = { settledShare: 0, arrived: false, completed: false }

describe('the moments of the kills', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(drawMoments(8, rollDice(1))).toEqual(drawMoments(8, rollDice(1)))
    expect(drawMoments(8, rollDice(1))).not.toEqual(drawMoments(8, rollDice(2)))
  })

  it.each([0, 1, 3, 5, 8, 20])('are as many as asked for: %i', (kills) => {
    for (const seed of SEEDS) expect(drawMoments(kills, rollDice(seed))).toHaveLength(kills)
  })

  it('are of every kind when there are enough of them, in the order of a fan-out', () => {
    for (const seed of SEEDS) {
      const names = drawMoments(8, rollDice(seed)).map(({ name }) => name)
      expect(new Set(names)).toEqual(new Set(MOMENTS))
      expect(names).toEqual(names.toSorted((a, b) => MOMENTS.indexOf(a) - MOMENTS.indexOf(b)))
    }
  })

  it('are of every kind over many seeds when there is one of them', () => {
    const names = SEEDS.map((seed) => drawMoments(1, rollDice(seed))[0]!.name)
    expect(new Set(names)).toEqual(new Set(MOMENTS))
  })

  it('come when enough is settled and something has arrived since the last start', () => {
    const [middle] = drawMoments(8, rollDice(1)).filter(({ name }) => name === 'middle')
    const far = { ...nothing, settledShare: 0.86 }
    expect(hasCome(middle!, { ...nothing, arrived: true })).toBe(false)
    expect(hasCome(middle!, far)).toBe(false)
    expect(hasCome(middle!, { ...far, arrived: true })).toBe(true)
  })

  it('come at the latest when the fan-out is completed', () => {
    for (const moment of drawMoments(8, rollDice(1))) {
      expect(hasCome(moment, { ...nothing, completed: true })).toBe(true)
    }
  })
})
