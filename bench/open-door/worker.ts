/**
 * The platform's Worker with a second door: under {@link OPEN} the same calls reach the same handlers and the same objects
 * without anybody asking who calls. Whoever came through the guarded door last is taken to be calling. What the
 * two differ by is what authentication costs. For the benchmark only; never deployed.
 */
import { Hono, type MiddlewareHandler } from 'hono'
import { api } from '../../workers/api/app.ts'
import type { Caller } from '../../workers/api/caller.ts'
import type { ApiEnv } from '../../workers/api/context.ts'
import platform from '../../workers/index.ts'

export * from '../../durable-objects/index.ts'

/** Before the path of a call. */
const OPEN = '/open'
/** The name of the guard that every route with a bearer has (workers/api/auth.ts). */
const GUARD = 'allowed'

let last: Caller | undefined

const guarded = doorWith((guard) => (c, next) => {
  return guard(c, () => {
    last = c.var.caller
    return next()
  })
})

const open = doorWith(() => (c, next) => {
  if (last === undefined) throw new Error('nobody has come through the guarded door yet')
  c.set('caller', last)
  return next()
})

/** The API, route by route, with another guard. @throws when none has one: then this measures nothing */
function doorWith(replace: (guard: MiddlewareHandler<ApiEnv>) => MiddlewareHandler<ApiEnv>): Hono<ApiEnv> {
  const door = new Hono<ApiEnv>()
  let replaced = 0
  for (const { method, path, handler } of api.routes) {
    const isGuard = handler.name === GUARD
    if (isGuard) replaced++
    door.on(method, path, isGuard ? replace(handler as MiddlewareHandler<ApiEnv>) : handler)
  }
  if (replaced === 0) throw new Error(`no route has a guard that is called ${GUARD}`)
  return door
}

export default {
  ...platform,
  fetch(request, env, context) {
    const url = new URL(request.url)
    const isOpen = url.pathname.startsWith(OPEN)
    if (isOpen) url.pathname = url.pathname.slice(OPEN.length)
    // Made anew for both, so that this is no difference.
    return (isOpen ? open : guarded).fetch(new Request(url, request), env, context)
  },
} satisfies ExportedHandler<Env, unknown>
