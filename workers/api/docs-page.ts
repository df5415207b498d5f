/**
 * `/docs`: the reference as one page without a script, rendered from the OpenAPI document and from the tables of
 * errors and roles. Pure.
 */
import { html } from 'hono/html'
import { ROLE_SCOPES, ROLES, SCOPE_NAMES, SCOPES } from '../../push/roles.ts'
import { grantsOf, OPERATION_IDS, rolesFor, scopesIn } from './access.ts'
import { anchorOf, type Place, renderOperation } from './docs-page-operation.ts'
import { markup, paragraphs } from './docs-page-text.ts'
import { METHODS, type OpenApiDocument } from './openapi.ts'
import { PROBLEMS } from './problem.ts'

interface Chapter {
  readonly name: string
  readonly anchor: string
  readonly description: string
  readonly places: Place[]
}

/** @param origin where this platform is, for commands that can be pasted */
export function renderDocsPage(document: OpenApiDocument, origin: string) {
  const chapters = chaptersOf(document)
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${document.info.title} API reference</title>
        <link rel="stylesheet" href="/docs/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        ${navigation(document, chapters)}
        <main>
          <header>
            <h1>${document.info.title} API</h1>
            ${paragraphs(document.info.description ?? '')}
            <p>The same as <a href="/openapi.json">OpenAPI ${document.openapi}</a>. This platform is at <code>${origin}</code>.</p>
          </header>
          ${rolesSection()} ${chapters.map((chapter) => renderChapter(document, chapter, origin))} ${errorsSection()}
        </main>
      </body>
    </html>`
}

/** In the order of the document's tags; a tag without operations has no chapter. */
function chaptersOf(document: OpenApiDocument): Chapter[] {
  const places: Place[] = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : [{ method, path, operation }]
    }),
  )
  return (document.tags ?? [])
    .map(({ name, description = '' }) => ({
      name,
      anchor: `chapter-${name.toLowerCase().replaceAll(' ', '-')}`,
      description,
      places: places.filter(({ operation }) => operation.tags?.includes(name)),
    }))
    .filter((chapter) => chapter.places.length > 0)
}

function navigation(document: OpenApiDocument, chapters: readonly Chapter[]) {
  const lists = chapters.map(
    ({ name, anchor, places }) => html`<a class="chapter" href="#${anchor}">${name}</a>
      <ul>
        ${places.map(
          (place) => html`<li>
            <a href="#${anchorOf(place)}"><span class="method ${place.method}">${place.method}</span> ${place.operation.summary ?? place.path}</a>
          </li>`,
        )}
      </ul>`,
  )
  return html`<nav aria-label="Reference">
    <a class="title" href="#">${document.info.title}</a>
    <a class="chapter" href="#roles">Roles and scopes</a>
    ${lists}
    <a class="chapter" href="#errors">Errors</a>
  </nav>`
}

function renderChapter(document: OpenApiDocument, chapter: Chapter, origin: string) {
  return html`<h2 id="${chapter.anchor}">${chapter.name}</h2>
    <p>${markup(chapter.description)}</p>
    ${chapter.places.map((place) => renderOperation(document, place, origin))}`
}

const ABOUT_ROLES = `A key has a role, a role has scopes, and a token minted with a key has at most that key’s. \`ROOT_KEY\` creates apps, and does for any app what its admin key may do to settings, credentials, roles and keys.

An app may define roles of its own (\`PUT /v1/apps/{app}/roles/{role}\`): any of these scopes, perhaps limited to topics or categories by pattern, such as \`marketing.*\`.`

function rolesSection() {
  const rows = SCOPE_NAMES.map(
    (scope) => html`<tr>
      <td><code>${scope}</code></td>
      <td>${SCOPES[scope].allows}</td>
      ${ROLES.map((role) => html`<td class="mark">${ROLE_SCOPES[role].includes(scope) ? '●' : ''}</td>`)}
    </tr>`,
  )
  return html`<h2 id="roles">Roles and scopes</h2>
    ${paragraphs(ABOUT_ROLES)}
    <div class="wide"><table>
      <thead><tr><th>Scope</th><th>Allows to</th>${ROLES.map((role) => html`<th class="mark">${role}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table></div>
    ${callsTable()}`
}

/** Every call and who may make it: the table that is enforced. */
function callsTable() {
  const callers = ['root', ...ROLES, 'device'] as const
  const rows = OPERATION_IDS.map((operationId) => {
    const grants = grantsOf(operationId)
    const roles: readonly string[] = rolesFor(operationId)
    const may = (caller: string) =>
      grants.length === 0 || roles.includes(caller) || grants.some((grant) => grant === caller)
    return html`<tr>
      <td><a href="#${operationId}"><code>${operationId}</code></a></td>
      <td>${scopesIn(grants).map((scope) => html`<code>${scope}</code> `)}</td>
      ${callers.map((caller) => html`<td class="mark">${may(caller) ? '●' : ''}</td>`)}
    </tr>`
  })
  return html`<p>${markup('And call by call: `root` is `ROOT_KEY`, `device` a device with its own key, which reaches that device only.')}</p>
    <div class="wide"><table>
      <thead><tr><th>Call</th><th>Scope</th>${callers.map((caller) => html`<th class="mark">${caller}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table></div>`
}

function errorsSection() {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, retry }]) => html`<tr id="error-${code}">
      <td><code>${code}</code></td>
      <td><span class="status">${status}</span></td>
      <td>${title}.</td>
      <td>${retry}</td>
    </tr>`,
  )
  return html`<h2 id="errors">Errors</h2>
    <p>${markup('Programs switch on `code`; people read `detail`. `retry` says whether the same request may succeed later.')}</p>
    <div class="wide"><table>
      <thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>Retry</th></tr></thead>
      <tbody>${rows}</tbody>
    </table></div>`
}
