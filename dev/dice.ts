/** Dice that fall the same way in every run: for demos and tests whose chances must be repeatable. Pure. */

/** Gives the next number in [0, 1). */
export type Dice = () => number

/** Mulberry32: numbers that only depend on the seed (Tommy Ettinger, public domain algorithm). */
export function rollDice(seed: number): Dice {
  let state = Math.imul(seed + 1, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
