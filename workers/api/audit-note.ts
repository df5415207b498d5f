/**
 * What a handler has to say about its act for the audit log: what it is about, what that was before and what it is now.
 * Every handler may say it; whether anybody wants to know is decided by audited.ts.
 */
import type { JsonObject } from '../../push/notification.ts'

export class AuditNote {
  /** It began as an act: what becomes of it is in the log. */
  isAct = false
  target: string | null = null
  what: { before: JsonObject | null; after: JsonObject | null } = { before: null, after: null }

  /** @param id of what was made, or is meant, where no path parameter says it */
  about(id: string): void {
    this.target = id
  }

  /** @param shown as the API would answer it: never a secret */
  before(shown: object): void {
    this.what.before = toJson(shown)
  }

  /** @param shown as above */
  after(shown: object): void {
    this.what.after = toJson(shown)
  }
}

/** What is undefined is not there. */
function toJson(shown: object): JsonObject {
  return JSON.parse(JSON.stringify(shown))
}
