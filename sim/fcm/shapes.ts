/**
 * The shapes of JSON values, and the check that protobuf's JSON reader makes of them before FCM sees a message:
 * names in both styles, types, enums, oneof. Knows no field of FCM; see message-shape.ts.
 */
import { type Refusal, refuseJson } from './errors.ts'

/** How a value is to look. `struct` is any JSON object. */
export type Shape =
  | { readonly kind: 'string' | 'bool' | 'integer' | 'number' | 'struct' | 'duration' }
  | { readonly kind: 'enum'; readonly type: string; readonly values: ReadonlySet<string> }
  | { readonly kind: 'list'; readonly of: Shape }
  /** String to string. */
  | { readonly kind: 'map' }
  | { readonly kind: 'message'; readonly fields: ReadonlyMap<string, Field> }

interface Field {
  readonly name: string
  readonly shape: Shape
  readonly oneof: string | null
}

export const text: Shape = { kind: 'string' }
export const bool: Shape = { kind: 'bool' }
export const integer: Shape = { kind: 'integer' }
export const number: Shape = { kind: 'number' }
export const struct: Shape = { kind: 'struct' }
export const duration: Shape = { kind: 'duration' }
export const map: Shape = { kind: 'map' }

export function list(of: Shape): Shape {
  return { kind: 'list', of }
}

/** The values of an enum; taken in any case. */
export function oneOf(type: string, ...values: string[]): Shape {
  return { kind: 'enum', type, values: new Set(values) }
}

/**
 * A message with these fields, named in snake case; camel case is taken as well.
 *
 * @param oneof fields of which only one may be set, and what the group is called
 */
export function message(
  fields: Readonly<Record<string, Shape>>,
  oneof: { readonly name: string; readonly fields: readonly string[] } = { name: '', fields: [] },
): Shape {
  const byName = new Map<string, Field>()
  for (const [name, shape] of Object.entries(fields)) {
    const field = { name, shape, oneof: oneof.fields.includes(name) ? oneof.name : null }
    byName.set(name, field)
    byName.set(camelCase(name), field)
  }
  return { kind: 'message', fields: byName }
}

/** `collapse_key` → `collapseKey`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Protobuf Duration in JSON: seconds with up to nine decimals and an `s`. */
const DURATION = /^-?\d{1,12}(\.\d{1,9})?s$/
const INTEGER = /^-?\d+$/

/**
 * Checks a value and all that is in it. null is a field that is not set, everywhere.
 *
 * @param path where the value is, as Google writes it: `message.data[0].value`
 * @returns the first refusal, or null
 */
export function checkShape(value: unknown, shape: Shape, path: string): Refusal | null {
  switch (shape.kind) {
    case 'string':
      return typeof value === 'string' ? null : wrongType(value, path, 'TYPE_STRING')
    case 'bool':
      return typeof value === 'boolean' ? null : wrongType(value, path, 'TYPE_BOOL')
    case 'integer':
      return Number.isInteger(value) || (typeof value === 'string' && INTEGER.test(value))
        ? null
        : wrongType(value, path, 'TYPE_INT32')
    case 'number':
      return typeof value === 'number' ? null : wrongType(value, path, 'TYPE_FLOAT')
    case 'struct':
      return isObject(value) ? null : wrongType(value, path, 'type.googleapis.com/google.protobuf.Struct')
    case 'duration':
      return typeof value === 'string' && DURATION.test(value)
        ? null
        : wrongType(value, path, 'type.googleapis.com/google.protobuf.Duration')
    case 'enum':
      return typeof value === 'string' && shape.values.has(value.toUpperCase())
        ? null
        : wrongType(value, path, `type.googleapis.com/google.firebase.fcm.v1.${shape.type}`)
    case 'list':
      return checkList(value, shape.of, path)
    case 'map':
      return checkMap(value, path)
    case 'message':
      return checkMessage(value, shape.fields, path)
  }
}

function checkList(value: unknown, of: Shape, path: string): Refusal | null {
  if (!Array.isArray(value)) return wrongType(value, path, 'TYPE_STRING')
  for (const [index, item] of value.entries()) {
    const refusal = checkShape(item, of, `${path}[${index}]`)
    if (refusal !== null) return refusal
  }
  return null
}

function checkMap(value: unknown, path: string): Refusal | null {
  if (!isObject(value)) return wrongType(value, path, 'TYPE_MESSAGE')
  let index = 0
  for (const key in value) {
    if (typeof value[key] !== 'string') return wrongType(value[key], `${path}[${index}].value`, 'TYPE_STRING')
    index += 1
  }
  return null
}

function checkMessage(value: unknown, fields: ReadonlyMap<string, Field>, path: string): Refusal | null {
  if (!isObject(value)) return wrongType(value, path, 'TYPE_MESSAGE')
  let setOneof: string | null = null
  for (const name in value) {
    const field = fields.get(name)
    if (field === undefined) return unknownName(name, path)
    const inner = value[name]
    if (inner === null) continue
    if (field.oneof !== null) {
      if (setOneof !== null) return oneofTwice(field, path)
      setOneof = field.name
    }
    const refusal = checkShape(inner, field.shape, path === '' ? field.name : `${path}.${field.name}`)
    if (refusal !== null) return refusal
  }
  return null
}

function wrongType(value: unknown, path: string, type: string): Refusal {
  const shown =
    typeof value === 'string' ? `"${value}"` : isObject(value) ? 'Starting an object on a scalar field' : value
  return refuseJson(path, `Invalid value at '${path}' (${type}), ${shown}`)
}

function unknownName(name: string, path: string): Refusal {
  const where = path === '' ? '' : ` at '${path}'`
  return refuseJson(path, `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`)
}

function oneofTwice({ name, oneof }: Field, path: string): Refusal {
  return refuseJson(
    path,
    `Invalid value at '${path}' (oneof), oneof field '${oneof}' is already set. Cannot set '${camelCase(name)}'`,
  )
}
