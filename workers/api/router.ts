/**
 * The router that every resource file starts from: it turns a failed validation into a problem that names the
 * field. No routes here.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './context.ts'
import { explainZodError } from './validation.ts'

export function newRouter(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw explainZodError(result.error, result.target)
    },
  })
}
