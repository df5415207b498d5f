/** What every answer says to the browser that it may have come to. No request is refused here. */
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { ApiEnv } from './context.ts'

/**
 * A year. Not for other names below the host: they are the operator's, and may not speak https. Browsers believe it over
 * https alone, and it must not be sent otherwise (RFC 6797 §7.2).
 */
const STRICT_TRANSPORT = `max-age=${365 * 24 * 60 * 60}`

const ALWAYS = {
  // Nothing that is answered may load or run anything, but for a page's own stylesheet; nor be framed, nor send its
  // forms elsewhere.
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    imgSrc: ['data:'],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
}

const overHttps = secureHeaders({ ...ALWAYS, strictTransportSecurity: STRICT_TRANSPORT })
const overHttp = secureHeaders(ALWAYS)

export const securityHeaders: MiddlewareHandler<ApiEnv> = (c, next) =>
  c.req.url.startsWith('https:') ? overHttps(c, next) : overHttp(c, next)

/** Answers are for the caller alone (RFC 9111 §5.2.2.5), unless their route says who else may keep them. */
export const keepNothing: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
}
