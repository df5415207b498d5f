/**
 * Which pages of other origins may read an answer (CORS), and whose calls are refused. A page's first question, the
 * preflight, carries no bearer, so nobody knows its app yet: it is told what some app's page could do. The call itself has
 * a bearer, and is refused by the app's own list before anything is done.
 *
 * Calls that no client makes have no headers for other origins at all: a secret key does not belong in a page.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { Caller } from './caller.ts'
import { type ClientMethods, readClientCalls } from './client-calls.ts'
import type { ApiEnv } from './context.ts'
import { recallApp } from './known-apps.ts'
import { ApiProblem } from './problem.ts'

/** Two hours: no browser keeps an answer to a preflight for longer. */
const PREFLIGHT_AGE_SECONDS = 7_200
/** A request id changes nothing (request-id.ts); HTTP clients that trace add one by themselves, and may call. */
const SENDABLE = 'Authorization, Content-Type, Idempotency-Key, X-Request-Id'
const READABLE =
  'Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy, X-Request-Id'

/** Answers preflights, and says who may read what the others are answered. @param api which calls there are */
export function crossOrigin(api: OpenAPIHono<ApiEnv>): MiddlewareHandler<ApiEnv> {
  let methodsAt: ClientMethods | undefined
  return async (c, next) => {
    const origin = foreignOrigin(c)
    if (origin === null) return next()
    methodsAt ??= readClientCalls(api)
    const methods = methodsAt(c.req.path)
    const asked = c.req.method === 'OPTIONS' ? c.req.header('Access-Control-Request-Method') : undefined
    if (asked !== undefined && methods.includes(asked)) return preflightAnswer(methods)
    if (!methods.includes(c.req.method)) return next()
    c.set('page', { origin, readableBy: '*' })
    await next()
    c.res.headers.append('Vary', 'Origin')
    const { readableBy } = c.var.page!
    if (readableBy === null) return
    c.res.headers.set('Access-Control-Allow-Origin', readableBy)
    c.res.headers.set('Access-Control-Expose-Headers', READABLE)
  }
}

/**
 * Whether the app of the caller lets this page call. The list keeps other people's pages from using a publishable key in
 * their visitors' browsers; a program may claim any origin, or none.
 *
 * @throws ApiProblem `origin_not_allowed`, which the page may not read either
 */
export async function requireAllowedOrigin(c: Context<ApiEnv>, caller: Caller): Promise<void> {
  const { page } = c.var
  if (page === undefined || caller.kind === 'root') return
  const app = await recallApp(c.env, caller.appId, Date.now())
  const allowed = app?.settings.allowedOrigins ?? null
  if (allowed === null) return
  const isAllowed = allowed.includes(page.origin)
  c.set('page', { ...page, readableBy: isAllowed ? page.origin : null })
  if (isAllowed) return
  throw new ApiProblem(
    'origin_not_allowed',
    'Pages of this origin may not call for this app. Its admin adds it to allowed_origins of the settings.',
    { param: 'origin' },
  )
}

/** null: no page asks, or one of our own. */
function foreignOrigin(c: Context<ApiEnv>): string | null {
  const origin = c.req.header('Origin')
  return origin === undefined || origin === new URL(c.req.url).origin ? null : origin
}

function preflightAnswer(methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': SENDABLE,
      'Access-Control-Max-Age': String(PREFLIGHT_AGE_SECONDS),
    },
  })
}
