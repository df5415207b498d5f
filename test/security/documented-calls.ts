/** The calls of `/openapi.json` as tests make them: with names, queries and a body that fit the schemas. */
import { call } from '../workers/calling.ts'

export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly example?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly minimum?: number
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> }
}

export interface DocumentedCall {
  readonly operationId: string
  readonly method: string
  /** With `{names}`. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Null: it takes none. */
  readonly mediaType: string | null
  /** A body of the right shape; what it names need not exist. Undefined: it takes none, or no JSON. */
  readonly body: unknown
}

export async function documentedCalls(): Promise<DocumentedCall[]> {
  const { body: document } = await call('GET', '/openapi.json')
  const schemas: Readonly<Record<string, JsonSchema>> = document.components.schemas
  const paths = Object.entries<Readonly<Record<string, Operation>>>(document.paths)
  return paths.flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, parameters = [], requestBody }]) => {
      const [mediaType = null] = Object.keys(requestBody?.content ?? {})
      const schema = requestBody?.content['application/json']?.schema
      const body = schema === undefined ? undefined : sampleOf(schema, schemas)
      return { operationId, method: method.toUpperCase(), path, parameters, mediaType, body }
    }),
  )
}

/** A value that fits the schema, with every field that it knows. */
function sampleOf(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): unknown {
  const sample = (inner: JsonSchema) => sampleOf(inner, schemas)
  if (schema.$ref !== undefined) return sample(schemas[schema.$ref.split('/').at(-1)!]!)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.properties !== undefined) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, sample(inner)]))
  }
  if (schema.example !== undefined) return schema.example
  const parts = schema.allOf ?? schema.anyOf ?? schema.oneOf
  if (parts !== undefined) return sample(parts[0]!)
  if (schema.items !== undefined) return [sample(schema.items)]
  return PLAIN[String([schema.type].flat()[0])] ?? 'x'
}

const PLAIN: Readonly<Record<string, unknown>> = {
  integer: 1,
  number: 1,
  boolean: false,
  object: {},
  array: [],
  null: null,
}
