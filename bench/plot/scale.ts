/**
 * Where a value stands on an axis, and which values an axis names. Pure: positions are shares of the axis, from 0 at
 * its beginning to 1 at its end, so nothing here knows pixels.
 */

export interface Scale {
  /** The values that the axis names, ascending, both ends of the axis included where they are round. */
  readonly ticks: readonly number[]
  /** Share of the axis, from 0 to 1. */
  at(value: number): number
}

/** Numbers that people count in: what a step may be, times a power of ten. */
const ROUND_STEPS = [1, 2, 5, 10]
/** An axis never has more steps than this, unless it is asked for more. */
const MOST_STEPS = 5

/** The smallest round step that needs at most so many steps to cover a length. @param length above 0 */
export function roundStep(length: number, mostSteps: number): number {
  const power = 10 ** Math.floor(Math.log10(length / mostSteps))
  return power * ROUND_STEPS.find((step) => step * power * mostSteps >= length * (1 - Number.EPSILON))!
}

/**
 * From 0 to the first round value that nothing exceeds.
 *
 * @param values that shall fit on the axis; at least one is above 0
 */
export function linearScale(values: readonly number[], mostSteps = MOST_STEPS): Scale {
  const most = Math.max(...values)
  const step = roundStep(most, mostSteps)
  const steps = Math.ceil(most / step - Number.EPSILON * mostSteps)
  const end = steps * step
  return {
    ticks: Array.from({ length: steps + 1 }, (_, index) => roundOff(index * step)),
    at: (value) => value / end,
  }
}

/** From one power of ten to another: what differs by factors. @param values all above 0 */
export function logScale(values: readonly number[]): Scale {
  const from = Math.floor(Math.log10(Math.min(...values)))
  const to = Math.max(Math.ceil(Math.log10(Math.max(...values))), from + 1)
  return {
    ticks: Array.from({ length: to - from + 1 }, (_, index) => roundOff(10 ** (from + index))),
    at: (value) => (Math.log10(value) - from) / (to - from),
  }
}

/** Exactly these values, by their logarithms: an axis of a few measured sizes. @param values ascending, all above 0 */
export function measuredScale(values: readonly number[]): Scale {
  const from = Math.log10(values[0]!)
  const length = Math.log10(values.at(-1)!) - from
  return { ticks: values, at: (value) => (length === 0 ? 0.5 : (Math.log10(value) - from) / length) }
}

/** Takes the noise off that multiplying fractions leaves: 0.30000000000000004 is 0.3. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12))
}
