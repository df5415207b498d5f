/** One operation of the reference page: what it takes, who may, what it answers, and how to call it. Pure. */
import { html } from 'hono/html'
import { exampleOf, type Field, fieldsOf, resolve, typeOf } from './docs-page-schema.ts'
import { markup } from './docs-page-text.ts'
import type { OpenApiDocument, Operation } from './openapi.ts'

/** An operation with where it is. */
export interface Place {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** The fragment that links to it. */
export function anchorOf({ operation }: Place): string {
  return operation.operationId ?? ''
}

export function renderOperation(document: OpenApiDocument, place: Place, origin: string) {
  const { method, path, operation } = place
  return html`<section class="operation" id="${anchorOf(place)}">
    <div class="told">
      <h3><a href="#${anchorOf(place)}">${operation.summary ?? path}</a></h3>
      <p class="line"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
      ${operation.description ? html`<p>${markup(operation.description)}</p>` : ''}
      <p class="who">${whoMay(operation)}</p>
      ${fieldTable('Parameters', parametersOf(document, operation))}
      ${fieldTable('Body', bodyFieldsOf(document, operation))} ${answerTables(document, operation)}
      ${problemList(operation)}
    </div>
    <div class="shown">
      <pre aria-label="Request">${curlOf(document, place, origin)}</pre>
      ${answerExample(document, operation)}
    </div>
  </section>`
}

const CALLERS: Readonly<Record<string, string>> = {
  rootKey: '`ROOT_KEY`',
  deviceKey: 'the device’s own key',
}

function whoMay({ security }: Operation) {
  if (security === undefined || security.length === 0) return markup('Needs no key.')
  const callers = security.flatMap((requirement) =>
    Object.entries(requirement).map(
      ([scheme, scopes]) => CALLERS[scheme] ?? `a key or token with \`${scopes.join(' ')}\``,
    ),
  )
  return markup(`Takes ${callers.join(', or ')}.`)
}

function parametersOf(document: OpenApiDocument, { parameters }: Operation): Field[] {
  return (parameters ?? []).flatMap((parameter) => {
    if (!('name' in parameter)) return []
    const schema = parameter.schema ?? {}
    const told = parameter.description ?? resolve(document, schema).description ?? ''
    const description = `${told} In the ${parameter.in}.`.trim()
    return [
      { name: parameter.name, type: typeOf(document, schema), required: parameter.required ?? false, description },
    ]
  })
}

/** The first media type and its schema: no operation takes or answers two. */
function contentOf(content: Record<string, { schema?: Parameters<typeof resolve>[1]; example?: unknown }> | undefined) {
  const [mediaType, media] = Object.entries(content ?? {})[0] ?? []
  return mediaType === undefined || media?.schema === undefined ? null : { mediaType, schema: media.schema, media }
}

function bodyOf({ requestBody }: Operation) {
  return requestBody !== undefined && 'content' in requestBody ? contentOf(requestBody.content) : null
}

function bodyFieldsOf(document: OpenApiDocument, operation: Operation): Field[] {
  const body = bodyOf(operation)
  return body === null ? [] : fieldsOf(document, body.schema)
}

function successesOf({ responses }: Operation) {
  return Object.entries(responses ?? {}).filter(([status]) => status.startsWith('2'))
}

function answerTables(document: OpenApiDocument, operation: Operation) {
  return successesOf(operation).map(([status, response]) => {
    const content = contentOf(response.content)
    const title = html`Answer <span class="status ok">${status}</span> ${markup(response.description ?? '')}`
    if (content === null) return html`<h4>${title}</h4>`
    return fieldTable(title, fieldsOf(document, content.schema).map(asAnswered))
  })
}

/** What an answer has, it has: "required" is a word for what the reader must send. */
function asAnswered(field: Field): Field {
  return { ...field, required: false }
}

function problemList({ responses }: Operation) {
  const codes = Object.entries(responses ?? {}).flatMap(([status, response]) =>
    Object.keys(response.content?.['application/problem+json']?.examples ?? {}).map((code) => ({ status, code })),
  )
  if (codes.length === 0) return ''
  const links = codes.map(
    ({ status, code }) => html`<li><a href="#error-${code}"><span class="status">${status}</span> ${code}</a></li>`,
  )
  return html`<details><summary>Errors</summary><ul class="codes">${links}</ul></details>`
}

function fieldTable(title: unknown, fields: readonly Field[]) {
  if (fields.length === 0) return title === 'Parameters' || title === 'Body' ? '' : html`<h4>${title}</h4>`
  const rows = fields.map(
    ({ name, type, required, description }) => html`<tr>
      <td><code>${name}</code>${required ? html`<span class="required">required</span>` : ''}</td>
      <td><span class="type">${type}</span> ${markup(description)}</td>
    </tr>`,
  )
  return html`<h4>${title}</h4><table><tbody>${rows}</tbody></table>`
}

const BEARERS: Readonly<Record<string, string>> = {
  rootKey: '$ROOT_KEY',
  deviceKey: '$DEVICE_KEY',
  appKey: '$FANFARE_KEY',
}

/** A command that works when the variables are set. */
function curlOf(document: OpenApiDocument, { method, path, operation }: Place, origin: string): string {
  const where = path.replaceAll(/\{(.+?)\}/g, (_, name: string) => `$${name.toUpperCase()}`)
  const lines = [`curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${origin}${where}"`]
  const scheme = Object.keys(operation.security?.[0] ?? {})[0]
  if (scheme !== undefined) lines.push(`-H "Authorization: Bearer ${BEARERS[scheme]}"`)
  const body = bodyOf(operation)
  if (body !== null) {
    lines.push(`-H "Content-Type: ${body.mediaType}"`)
    lines.push(
      `--data-binary '${textOf(body.media.example ?? exampleOf(document, body.schema)).replaceAll("'", "'\\''")}'`,
    )
  }
  return lines.join(' \\\n  ')
}

function answerExample(document: OpenApiDocument, operation: Operation) {
  const [status, response] = successesOf(operation)[0] ?? []
  const content = contentOf(response?.content)
  if (content === null) return status === undefined ? '' : html`<pre aria-label="Answer">${status} without a body</pre>`
  return html`<pre aria-label="Answer">${textOf(content.media.example ?? exampleOf(document, content.schema))}</pre>`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
