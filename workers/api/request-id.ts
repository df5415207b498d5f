/**
 * Names every request: in its answer, in the log and in the audit log. Always by a name of our own: what a caller
 * chose could be anybody's, or the same for all that he does.
 */
import type { MiddlewareHandler } from 'hono'
import type { ApiEnv } from './context.ts'

export const nameRequest: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const id = `req_${crypto.randomUUID().replaceAll('-', '')}`
  c.set('requestId', id)
  c.header('X-Request-Id', id)
  await next()
}
