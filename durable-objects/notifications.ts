/**
 * How the edges create a notification and reach it later. With an idempotency key the lasting part of the id is a
 * digest of the key, so the same key finds the same object, everywhere and without a table.
 */

import type { AuditSource } from '../push/audit-entry.ts'
import { ID_RANDOM_BYTES, makeId } from '../push/ids.ts'
import type { Send } from '../push/notification.ts'
import type { CreateAnswer } from './rpc.ts'
import { notificationNamed } from './stubs.ts'

export interface NewNotification {
  readonly appId: string
  readonly send: Send
  readonly idempotencyKey: string | null
  /** Digest of the request body: tells a repetition from another request with the same key. */
  readonly bodyHash: string
  /** For the audit log; null: it is not to know. */
  readonly sentBy: AuditSource | null
  /** Epoch ms. */
  readonly now: number
  /** Its id, if it had to be known before; see {@link nameNotification}. */
  readonly id?: string
  /** With how many it was counted by the app's Meter. */
  readonly countedRecipients?: number
}

/** The id of a notification that is still to be created: with an idempotency key, always of the same object. */
export async function nameNotification({
  appId,
  idempotencyKey,
  now,
}: Pick<NewNotification, 'appId' | 'idempotencyKey' | 'now'>): Promise<string> {
  if (idempotencyKey === null) return makeId('ntf', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
  return makeId('ntf', now, await digest(`${appId} ${idempotencyKey}`))
}

/** An object answers in milliseconds. One that takes this long is overloaded, or is being moved. */
const ANSWER_DEADLINE_MS = 10_000

/** What an earlier request with the same idempotency key was answered, if there was one. */
export async function replayNotification(
  env: Env,
  request: Omit<NewNotification, 'send' | 'sentBy'>,
): Promise<CreateAnswer | null> {
  const { appId, idempotencyKey, bodyHash } = request
  if (idempotencyKey === null) return null
  const id = await nameNotification(request)
  return await answerOf(notificationNamed(env, appId, id).replay(bodyHash), ANSWER_DEADLINE_MS)
}

/**
 * Makes a notification durable and starts it. When it answers, nothing of it can get lost.
 *
 * @param deadlineMs how long to wait for the object
 */
export async function createNotification(
  env: Env,
  request: NewNotification,
  deadlineMs = ANSWER_DEADLINE_MS,
): Promise<CreateAnswer> {
  const { appId, send, bodyHash, sentBy, countedRecipients } = request
  const id = request.id ?? (await nameNotification(request))
  return await answerOf(
    notificationNamed(env, appId, id).create({ id, appId, send, bodyHash, sentBy, countedRecipients }),
    deadlineMs,
  )
}

/** What the object answers in time. What went wrong inside of it is thrown on. */
async function answerOf<Answer>(call: Promise<Answer>, deadlineMs: number): Promise<Answer | { kind: 'unknown' }> {
  const late = Promise.withResolvers<{ kind: 'unknown' }>()
  const timer = setTimeout(() => late.resolve({ kind: 'unknown' }), deadlineMs)
  try {
    return await Promise.race([call, late.promise])
  } catch (error) {
    if (!isUnreachable(error)) throw error
    console.error('an object did not answer whether it accepted a send', { error: String(error) })
    return { kind: 'unknown' }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The platform could not reach the object, or stopped it: both are marked on the error
 * (developers.cloudflare.com/durable-objects/best-practices/error-handling).
 */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ['retryable', 'overloaded', 'durableObjectReset'].some(
    (mark) => mark in error && error[mark as keyof Error] === true,
  )
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
