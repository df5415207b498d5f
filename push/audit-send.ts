/** What the audit log says about a send. Pure. */
import type { AuditEntry, AuditSource } from './audit-entry.ts'
import type { Audience, JsonObject, Send } from './notification.ts'

/** Ids that are named, of an app that wants to know them; of more, only how many. */
const MOST_NAMED = 100

const ACCEPTED = { outcome: 'done', status: 202, code: null, before: null } as const

/**
 * The entry of a send that was accepted, and what joins it only if the app wants it in its log: what was said, and to whom
 * by name. A user's id may be an e-mail address, and the log outlives the user.
 *
 * @param createdAt epoch ms
 */
export function sendEntry(
  { id, createdAt, send }: { readonly id: string; readonly createdAt: number; readonly send: Send },
  by: AuditSource,
): { readonly entry: AuditEntry; readonly payload: JsonObject } {
  const { audience, message, guarantee, ordered, sendAt, campaign = null } = send
  const { priority, ttlSeconds, category = null } = message
  const after = {
    accepted_at: new Date(createdAt).toISOString(),
    send_at: sendAt === null ? null : new Date(sendAt).toISOString(),
    to: summaryOf(audience),
    ...{ guarantee, ordered, priority, ttl_seconds: ttlSeconds, category, campaign },
  }
  const action = audience.kind === 'replay' ? 'replayDeadLetters' : 'sendNotification'
  const payload = { message: messageOf(send), ...namedIn(audience) }
  return { entry: { action, target: id, actor: by.actor, origin: by.origin, ...ACCEPTED, after }, payload }
}

function summaryOf(audience: Audience): JsonObject {
  switch (audience.kind) {
    case 'topic':
      return { topic: audience.topic }
    case 'users':
      return { users: audience.userIds.length }
    case 'devices':
      return { devices: audience.deviceIds.length }
    case 'replay':
      return { dead_letters_of: audience.replay.of, recipients: audience.replay.recipients }
  }
}

function namedIn(audience: Audience): JsonObject {
  if (audience.kind === 'users') return { users: audience.userIds.slice(0, MOST_NAMED) }
  return audience.kind === 'devices' ? { devices: audience.deviceIds.slice(0, MOST_NAMED) } : {}
}

/** As it was asked for; what was left out is not there. */
function messageOf({ message }: Send): JsonObject {
  const { priority: _priority, ttlSeconds: _ttlSeconds, category: _category, ...said } = message
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as JsonObject
}
