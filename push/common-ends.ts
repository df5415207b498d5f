/**
 * What a list of texts has in common at both ends. Pure.
 */

/**
 * The longest text that all begin with, and the longest that all end with in what is left: every text is
 * `start + something + end`. Both are empty for fewer than two texts.
 */
export function commonEnds(texts: readonly string[]): { start: string; end: string } {
  const first = texts[0]
  if (first === undefined || texts.length === 1) return { start: '', end: '' }
  let start = first
  for (const text of texts) {
    if (!text.startsWith(start)) start = start.slice(0, agreeingCharacters(start, text))
  }
  let end = first.slice(start.length)
  for (const text of texts) {
    const rest = text.length - start.length
    if (end.length > rest) end = end.slice(end.length - rest)
    if (!text.endsWith(end)) end = end.slice(end.length - agreeingCharactersAtEnd(end, text))
  }
  return { start, end }
}

function agreeingCharacters(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let count = 0
  while (count < most && a.charCodeAt(count) === b.charCodeAt(count)) count++
  return count
}

function agreeingCharactersAtEnd(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let count = 0
  while (count < most && a.charCodeAt(a.length - 1 - count) === b.charCodeAt(b.length - 1 - count)) count++
  return count
}
