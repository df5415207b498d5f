/** What every handler finds in its Hono context. */
import type { Caller } from './caller.ts'

export interface ApiEnv {
  Bindings: Env
  Variables: {
    /** Set by `allow(…)` (auth.ts); routes without it have no caller and may not ask. */
    caller: Caller
    /** `req_…`, or what the caller sent as `X-Request-Id`. In every answer and every problem. */
    requestId: string
  }
}
