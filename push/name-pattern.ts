/**
 * Patterns over names of topics and categories: what a custom role or a token is limited to. Pure.
 *
 * The language: a name stands for itself, letter by letter. A name with `*` as its last character stands for every name
 * that begins with what is before it, so `marketing.*` is `marketing.` and all that begins so, and `*` is every name. A
 * `*` anywhere else is no pattern. Nothing else has a meaning: no escapes, no case folding, no Unicode normalization.
 * Matching compares a beginning, once; and whether one pattern stays within another is decided exactly, which is what
 * it takes to give away no more than one has.
 */

const ANY_REST = '*'

/** A pattern taken apart: names that begin with `start`, or the one name that is `start`. */
export interface NameRange {
  readonly start: string
  readonly isOpen: boolean
}

/** Whether the text is a pattern. What its names are made of is for whoever names them. */
export function isNamePattern(text: string): boolean {
  const star = text.indexOf(ANY_REST)
  return text !== '' && (star === -1 || star === text.length - 1)
}

/** @param pattern one that {@link isNamePattern} takes */
export function rangeOf(pattern: string): NameRange {
  const isOpen = pattern.endsWith(ANY_REST)
  return { start: isOpen ? pattern.slice(0, -1) : pattern, isOpen }
}

/** Whether one of the patterns stands for the name. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => {
    const { start, isOpen } = rangeOf(pattern)
    return isOpen ? name.startsWith(start) : name === start
  })
}

/**
 * Whether a single one of the others stands for all that a pattern stands for. That several do so together (`a*` is `a`
 * and `aa*` and `ab*`, and so on through all characters) is not looked for.
 */
export function isWithinAny(pattern: string, outer: readonly string[]): boolean {
  const inner = rangeOf(pattern)
  return outer.some((other) => {
    const { start, isOpen } = rangeOf(other)
    return isOpen ? inner.start.startsWith(start) : !inner.isOpen && inner.start === start
  })
}
