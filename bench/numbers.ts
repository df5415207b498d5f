/** Numbers as the table and the plots show them. Pure. */

const SUFFIXES: readonly [from: number, suffix: string][] = [
  [1_000_000, 'M'],
  [1_000, 'k'],
]

/** `0`, `500`, `25k`, `1M`: three figures at most. */
export function writeCount(value: number): string {
  const [from, suffix] = SUFFIXES.find(([least]) => value >= least) ?? [1, '']
  return `${Number((value / from).toPrecision(3))}${suffix}`
}

/** `$0.05`: cents, or tenths of a cent where that says more. */
export function writeDollars(value: number): string {
  const cents = value * 100
  return `$${value.toFixed(Math.abs(cents - Math.round(cents)) < 1e-9 ? 2 : 3)}`
}

/** `12 ms`; below ten, with a decimal. */
export function writeMs(value: number): string {
  return `${Number(value.toFixed(value < 10 ? 1 : 0)).toLocaleString('en-US')} ms`
}

/** `1,000,000`. */
export function writeWhole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
