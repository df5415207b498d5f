/** How long the address and the headers of a request may be. Bodies are body-limit.ts's. */
import type { MiddlewareHandler } from 'hono'
import type { ApiEnv } from './context.ts'
import { ApiProblem } from './problem.ts'

/** The longest topic, with each of its 900 characters percent-encoded, and the longest cursor (2,048) fit together. */
const MAX_URL_CHARACTERS = 8_192
/** Far above what clients and proxies send; Cloudflare itself lets 128 kB pass. */
const MAX_HEADERS = 100
const MAX_HEADER_CHARACTERS = 32_768

/** @throws ApiProblem `url_too_long`, `headers_too_large` */
export const limitRequests: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.url.length > MAX_URL_CHARACTERS) {
    throw new ApiProblem('url_too_long', `The URL is over ${MAX_URL_CHARACTERS} characters. No call needs as many.`)
  }
  let count = 0
  let characters = 0
  for (const [name, value] of c.req.raw.headers) {
    count++
    characters += name.length + value.length
  }
  if (count > MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) {
    throw new ApiProblem(
      'headers_too_large',
      `The headers are over ${MAX_HEADERS}, or over ${MAX_HEADER_CHARACTERS} characters together. Send fewer.`,
    )
  }
  await next()
}
