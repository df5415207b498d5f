/** What every handler finds in its Hono context. */
import type { AuditNote } from './audit-note.ts'
import type { Caller } from './caller.ts'

export interface ApiEnv {
  Bindings: Env
  Variables: {
    /** Set by `allow(…)` (auth.ts); routes without it have no caller and may not ask. */
    caller: Caller
    /** Set likewise: where a handler says what was and what is now, for the audit log. */
    audit: AuditNote
    /** `req_…`: in every answer and every problem. */
    requestId: string
    /** Set by cross-origin.ts where a page of another origin makes a client call. */
    page: Page | undefined
  }
}

export interface Page {
  /** As its browser says. */
  readonly origin: string
  /** What `Access-Control-Allow-Origin` will say; null: nothing. Any page, as long as no app is known whose list it is. */
  readonly readableBy: string | null
}
