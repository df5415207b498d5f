/** `/openapi.json` and `/docs`: the reference, both from the same document. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './context.ts'
import { renderDocsPage } from './docs-page.ts'
import { DOCS_STYLE } from './docs-page-style.ts'
import { buildOpenApiDocument, type OpenApiDocument } from './openapi.ts'

/** Long enough to save a reader's clicks, short enough that a deploy shows. */
const CACHE_CONTROL = 'public, max-age=300'

/** Adds the reference of everything that is mounted on `api`. */
export function mountReference(api: OpenAPIHono<ApiEnv>): void {
  let document: OpenApiDocument | undefined
  const documentOnce = () => {
    document ??= buildOpenApiDocument(api)
    return document
  }
  api.get('/openapi.json', (c) => c.json(documentOnce(), 200, { 'Cache-Control': CACHE_CONTROL }))
  api.get('/docs', (c) => {
    const page = renderDocsPage(documentOnce(), new URL(c.req.url).origin)
    return c.html(page, 200, { 'Cache-Control': CACHE_CONTROL })
  })
  api.get('/docs/style.css', (c) =>
    c.body(DOCS_STYLE, 200, { 'Content-Type': 'text/css', 'Cache-Control': CACHE_CONTROL }),
  )
}
