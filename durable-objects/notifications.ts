/**
 * How the edges create a notification and reach it later. With an idempotency key the lasting part of the id is a
 * digest of the key, so the same key finds the same object, everywhere and without a table.
 */

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
  /** Epoch ms. */
  readonly now: number
}

/** What an earlier request with the same idempotency key was answered, if there was one. */
export async function replayNotification(
  env: Env,
  { appId, idempotencyKey, bodyHash, now }: Omit<NewNotification, 'send'>,
): Promise<CreateAnswer | null> {
  if (idempotencyKey === null) return null
  const id = makeId('ntf', now, await digest(`${appId} ${idempotencyKey}`))
  return await notificationNamed(env, appId, id).replay(bodyHash)
}

/** Makes a notification durable and starts it. When it answers, nothing of it can get lost. */
export async function createNotification(env: Env, request: NewNotification): Promise<CreateAnswer> {
  const { appId, idempotencyKey, now } = request
  const random =
    idempotencyKey === null
      ? crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES))
      : await digest(`${appId} ${idempotencyKey}`)
  const id = makeId('ntf', now, random)
  return await notificationNamed(env, appId, id).create({ id, appId, send: request.send, bodyHash: request.bodyHash })
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
