/** Who and from where, as the audit log keeps it: from a caller and a request. No bearer goes in. */
import type { Context } from 'hono'
import type { AuditActor, AuditOrigin, AuditSource } from '../../push/audit-entry.ts'
import type { Caller } from './caller.ts'
import type { ApiEnv } from './context.ts'

/** Of what comes in, before anybody looks for secrets in it; the log keeps less (push/audit-entry.ts). */
const MAX_USER_AGENT_CHARACTERS = 1_000

const NOBODY = { id: null, name: null, role: null, user_id: null } as const

export function actorOf(caller: Caller): AuditActor {
  switch (caller.kind) {
    case 'root':
      return { kind: 'root', ...NOBODY }
    case 'key':
      return { kind: 'key', id: caller.keyId, name: caller.keyName, role: caller.role, user_id: null }
    case 'token':
      // By the key that lent it its rights: whoever asks what a key did finds what its tokens did.
      return { kind: 'token', ...NOBODY, id: caller.keyId, user_id: caller.userId }
    case 'device':
      return { kind: 'device', ...NOBODY, id: caller.deviceId }
  }
}

/** As Cloudflare's edge says it; locally most of it is not known. */
export function originOf(c: Context<ApiEnv>): AuditOrigin {
  const place = c.req.raw.cf as IncomingRequestCfProperties | undefined
  return {
    ip: c.req.header('CF-Connecting-IP') ?? null,
    country: place?.country ?? null,
    asn: place?.asn ?? null,
    user_agent: c.req.header('User-Agent')?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? null,
    request_id: c.get('requestId'),
  }
}

export function sourceOf(c: Context<ApiEnv>, caller: Caller): AuditSource {
  return { actor: actorOf(caller), origin: originOf(c) }
}
