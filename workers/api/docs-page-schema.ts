/** What the reference page says about a schema: its fields as rows, and an example. Pure. */
import type { OpenApiDocument } from './openapi.ts'

type SchemaOrRef = NonNullable<NonNullable<OpenApiDocument['components']>['schemas']>[string]
export type Schema = Exclude<SchemaOrRef, { $ref: string }>

/** One row of a table of fields. `name` is the path from the top: `keys.auth`, `data[].id`. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly description: string
}

/** Deeper fields are named by the type of their parent only: the table stays readable. */
const MAX_DEPTH = 3

/** Follows `$ref` into the document's components. */
export function resolve(document: OpenApiDocument, schema: SchemaOrRef): Schema {
  if (!('$ref' in schema) || schema.$ref === undefined) return schema as Schema
  const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  const target = document.components?.schemas?.[name]
  if (target === undefined) throw new Error(`the document has no schema ${name}`)
  return resolve(document, target)
}

/** The fields of an object, of the rows of an array, or of every member of a union; [] for anything else. */
export function fieldsOf(document: OpenApiDocument, schema: SchemaOrRef, prefix = '', depth = 0): Field[] {
  const resolved = resolve(document, schema)
  const parts = resolved.allOf ?? resolved.oneOf ?? resolved.anyOf
  if (parts !== undefined) {
    const rows = [
      ...parts.flatMap((part) => fieldsOf(document, part, prefix, depth)),
      ...ownFields(document, resolved, prefix, depth),
    ]
    return [...new Map(rows.map((row) => [row.name, row])).values()]
  }
  if (resolved.type === 'array' && resolved.items) return fieldsOf(document, resolved.items, `${prefix}[]`, depth)
  return ownFields(document, resolved, prefix, depth)
}

function ownFields(document: OpenApiDocument, schema: Schema, prefix: string, depth: number): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`
    const field = resolve(document, property)
    const row = {
      name,
      type: typeOf(document, field),
      required: schema.required?.includes(key) ?? false,
      description: field.description ?? '',
    }
    return depth >= MAX_DEPTH ? [row] : [row, ...fieldsOf(document, field, name, depth + 1)]
  })
}

/** A type in words: `string`, `"high" | "normal"`, `integer 1–3600`, `object[]`. */
export function typeOf(document: OpenApiDocument, schema: SchemaOrRef): string {
  const resolved = resolve(document, schema)
  if (resolved.const !== undefined) return JSON.stringify(resolved.const)
  if (resolved.enum !== undefined) return resolved.enum.map((value) => JSON.stringify(value)).join(' | ')
  const parts = resolved.oneOf ?? resolved.anyOf
  if (parts !== undefined) return [...new Set(parts.map((part) => typeOf(document, part)))].join(' | ')
  if (resolved.type === 'array') return `${wrapped(resolved.items ? typeOf(document, resolved.items) : 'any')}[]`
  const type = Array.isArray(resolved.type) ? resolved.type.join(' | ') : (resolved.type ?? 'any')
  return `${type}${rangeOf(resolved)}`
}

function wrapped(type: string): string {
  return type.includes(' ') ? `(${type})` : type
}

function rangeOf({ minimum, maximum, minLength, maxLength, format }: Schema): string {
  if (format !== undefined) return ` (${format})`
  const low = minimum ?? minLength
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : maxLength
  if (high === undefined) return ''
  return maxLength === undefined ? ` ${low ?? 0}–${high}` : ` of ${low ?? 0}–${high}`
}

/** A value that the schema would take: its own example, or one made from its required fields. */
export function exampleOf(document: OpenApiDocument, schema: SchemaOrRef): unknown {
  const resolved = resolve(document, schema)
  if (resolved.example !== undefined) return resolved.example
  if (resolved.default !== undefined) return resolved.default
  if (resolved.const !== undefined) return resolved.const
  if (resolved.enum !== undefined) return resolved.enum[0]
  const part = (resolved.oneOf ?? resolved.anyOf)?.[0]
  if (part !== undefined) return exampleOf(document, part)
  if (resolved.type === 'array') return resolved.items ? [exampleOf(document, resolved.items)] : []
  if (resolved.properties !== undefined || resolved.allOf !== undefined) return exampleObject(document, resolved)
  return examplePrimitive(resolved)
}

function exampleObject(document: OpenApiDocument, schema: Schema): Record<string, unknown> {
  const inherited = (schema.allOf ?? []).map((part) => exampleOf(document, part) as Record<string, unknown>)
  const own = Object.entries(schema.properties ?? {})
    .filter(([key, property]) => schema.required?.includes(key) || resolve(document, property).example !== undefined)
    .map(([key, property]) => [key, exampleOf(document, property)])
  return Object.assign({}, ...inherited, Object.fromEntries(own))
}

function examplePrimitive({ type, minimum, format }: Schema): unknown {
  const types = Array.isArray(type) ? type : [type]
  if (format === 'date-time') return '2026-12-01T09:00:00.000Z'
  if (types.includes('null')) return null
  if (types.includes('integer') || types.includes('number')) return Math.max(minimum ?? 0, 0)
  if (types.includes('boolean')) return true
  return types.includes('object') ? {} : '…'
}
