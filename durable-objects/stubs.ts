/**
 * How the objects are reached: one accessor each, and nobody else calls `getByName`. Take a new stub for every call:
 * after an exception a stub may be broken for good.
 *
 * The casts are here and nowhere else: the platform's stub types unfold every argument, and give up on JSON, whose
 * type is recursive. The classes implement the same interfaces, so the compiler still holds both ends together.
 */
import { idTail } from '../push/ids.ts'
import type { LedgerRef } from '../schema/queue-messages.ts'
import type { AuditCalls } from './audit-rpc.ts'
import type { MeterCalls } from './meter-rpc.ts'
import type { LedgerCalls, NotificationCalls, ShardCalls } from './rpc.ts'
import type { OutboxCalls } from './webhook-rpc.ts'

/**
 * The object of a notification by its id, whether it exists or not. It is named by its app and the part of the id
 * that does not depend on the time, so another app's id names an object that is empty.
 */
export function notificationNamed(env: Env, appId: string, id: string): NotificationCalls {
  return env.NOTIFICATION.getByName(`${appId}/${idTail(id)}`) as unknown as NotificationCalls
}

/** A shard of a topic by its name, see topic-members.ts. */
export function shardNamed(env: Env, name: string): ShardCalls {
  return env.SUBSCRIBER_SHARD.getByName(name) as unknown as ShardCalls
}

/** The counters of an app. */
export function meterOf(env: Env, appId: string): MeterCalls {
  return env.METER.getByName(appId) as unknown as MeterCalls
}

/** The object that holds a ticket's ledger. */
export function ledgerNamed(env: Env, { kind, name }: LedgerRef): LedgerCalls {
  if (kind === 'shard') return shardNamed(env, name)
  return env.NOTIFICATION.getByName(name) as unknown as LedgerCalls
}

/** What an app's webhooks have to hear of. */
export function outboxOf(env: Env, appId: string): OutboxCalls {
  return env.WEBHOOK_OUTBOX.getByName(appId) as unknown as OutboxCalls
}

/** The log of what the operator does to no app, or to one that is not there. No app has this id. */
export const OPERATOR_LOG = 'operator'

/** The audit log of an app, or the operator's own. @param log an app's id, or {@link OPERATOR_LOG} */
export function auditLogOf(env: Env, log: string): AuditCalls {
  return env.AUDIT_LOG.getByName(log) as unknown as AuditCalls
}
