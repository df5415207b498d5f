/**
 * The router that every resource file starts from: it turns a failed validation into a problem that names the
 * field, and lets no body pass that the schemas alone would take a part of. No routes here.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './context.ts'
import { refuseUnfitJson } from './unfit-json.ts'
import { explainZodError } from './validation.ts'

export function newRouter(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: async (result, c) => {
      if (!result.success) throw explainZodError(result.error, result.target)
      if (result.target !== 'json') return
      // As it was sent: the schema's own result has lost what a schema cannot see, such as a key "__proto__".
      const text = await c.req.text()
      if (text !== '') refuseUnfitJson(JSON.parse(text))
    },
  })
}
