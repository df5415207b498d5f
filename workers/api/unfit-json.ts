/**
 * What is JSON and still not taken from a body, because it would be lost or changed on its way into a table or to a
 * device: said at the door instead. Pure.
 */
import type { ApiProblem } from './problem.ts'
import { fieldProblem } from './validation.ts'

/** The deepest payload that a push service documents has six levels; what merges and counts payloads is recursive. */
const MAX_DEPTH = 64

/** An object or array of the body, and the way to it. */
interface Place {
  readonly value: object
  readonly key: string
  readonly parent: Place | null
  readonly depth: number
}

/**
 * Walks through a parsed body with a list of its own: the body may have half a million levels, the stack has not.
 *
 * @throws ApiProblem `validation_failed` that names the field
 */
export function refuseUnfitJson(body: unknown): void {
  if (!isContainer(body)) return
  const places: Place[] = [{ value: body, key: '', parent: null, depth: 1 }]
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    for (const [key, value] of Object.entries(place.value)) {
      const sentence = unfitKey(key) ?? unfitValue(value)
      if (sentence !== null) throw problemAt(place, key, sentence)
      if (!isContainer(value)) continue
      if (place.depth === MAX_DEPTH) throw problemAt(place, key, `is nested deeper than ${MAX_DEPTH} levels`)
      places.push({ value, key, parent: place, depth: place.depth + 1 })
    }
  }
}

/** A property of that name is dropped, or makes a prototype, wherever an object is built from its entries. */
function unfitKey(key: string): string | null {
  if (key === '__proto__') return 'is a name that cannot be carried; rename it'
  return key.isWellFormed() ? null : 'has half a surrogate pair in its name, which is no Unicode text'
}

/** UTF-8 has no form for half a surrogate pair, and JSON none for a number that became infinite when it was read. */
function unfitValue(value: unknown): string | null {
  if (typeof value === 'string' && !value.isWellFormed()) return 'has half a surrogate pair, which is no Unicode text'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number beyond the range of a double'
  return null
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function problemAt(place: Place, key: string, sentence: string): ApiProblem {
  const path = [key]
  for (let at: Place = place; at.parent !== null; at = at.parent) path.unshift(at.key)
  return fieldProblem(path, sentence)
}
