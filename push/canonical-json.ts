/**
 * JSON with one spelling for each value (RFC 8785, JSON Canonicalization Scheme), so that what is hashed can be written
 * again by anybody, in any language. Pure.
 */
import type { Json } from './notification.ts'

/**
 * Keys in the order of their UTF-16 code units (§3.2.3), no white space, numbers and strings as ECMAScript writes them
 * (§3.2.2), which is what `JSON.stringify` does.
 *
 * @throws RangeError for a number that JSON has no word for
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`JSON has no number ${value}`)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!)}`)
  return `{${members.join(',')}}`
}
