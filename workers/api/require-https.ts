/**
 * Nothing is answered over plain HTTP but to this machine itself. Refused rather than redirected: a client that follows a
 * redirect goes on sending its bearer in the clear, once a call, and nobody notices.
 */
import type { MiddlewareHandler } from 'hono'
import { isLoopback } from '../../push/loopback.ts'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

/** @throws ApiProblem `https_required`, before anything of the request is read */
export const requireHttps: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (!mayAnswer(c.req.url, c.env.ALLOW_HTTP)) {
    throw new ApiProblem(
      'https_required',
      'This came over plain HTTP and was not read. Use https, and replace the key that was sent: it may have been seen.',
    )
  }
  await next()
}

/** @param allowHttp the variable ALLOW_HTTP */
function mayAnswer(url: string, allowHttp: string): boolean {
  return url.startsWith('https:') || allowHttp === 'true' || isLoopback(new URL(url).hostname)
}
