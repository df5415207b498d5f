/** What the stories of ordered sends have in common: an iPhone that can be held up, crashes, and lines. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { idTail } from '../../push/ids.ts'
import { apnsToken, control, inbox, type Json, register, type Story, send, tellStory } from './story.ts'

/** The audiences of one line each. */
export const AUDIENCES = [
  ['a topic', () => ({ topic: 'news' })],
  ['a user', () => ({ users: ['ada'] })],
  ['a device', (device: string) => ({ devices: [device] })],
] as const

/** Apple's word for "too many pushes to this device": it holds up the device, and nobody else. */
const TOO_MANY = { kind: 'status', status: 429, reason: 'TooManyRequests' }

/** Lets every push to the device fail until it is released. */
export async function holdUp(deviceToken: string): Promise<() => Promise<unknown>> {
  const { id } = await control('POST', '/faults', { service: 'apns', prefix: deviceToken, effect: TOO_MANY })
  return () => control('DELETE', `/faults/${id}`)
}

export interface Arrival {
  readonly id: string
  readonly sequence: number
}

/** What an iPhone has accepted, in order. */
export async function received(deviceToken: string): Promise<Arrival[]> {
  const arrivals = (await inbox('apns', deviceToken)) as { accepted: boolean; payload: Json }[]
  return arrivals
    .filter(({ accepted }) => accepted)
    .map(({ payload }) => ({ id: payload.fanfare_id as string, sequence: payload.fanfare_seq as number }))
}

export const ids = async (deviceToken: string) => (await received(deviceToken)).map(({ id }) => id)

export function expectGrowing(sequences: readonly number[]): void {
  expect(sequences.every(Number.isSafeInteger)).toBe(true)
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b))
}

/** An app with an iPhone of Ada's that is subscribed to `news`. */
export async function tellIphoneStory() {
  const story = await tellStory(['apns'])
  const deviceToken = apnsToken()
  const device = await register(story, { platform: 'apns', token: deviceToken, user_id: 'ada', topics: ['news'] })
  return { story, deviceToken, device }
}

export function sendOrdered(story: Story, to: Json, more: Json = {}): Promise<string> {
  return send(story, { to, ordered: true, ...more })
}

/** The object of a notification, as the platform sees it. */
export function objectOf(story: Story, id: string) {
  return env.NOTIFICATION.getByName(`${story.id}/${idTail(id)}`)
}

/** Stops objects as a crash does; what they had not stored is gone. */
export async function crash(stub: DurableObjectStub): Promise<void> {
  // The call that aborts its object is itself aborted.
  await runInDurableObject(stub, (_instance, state) => state.abort('a crash')).catch(() => {})
}

/** The names of the lines that a notification stands in. */
export async function linesOf(story: Story, id: string): Promise<string[]> {
  return await runInDurableObject(objectOf(story, id), (_instance, { storage }) =>
    Object.keys(storage.kv.get<Json>('lines') ?? {}),
  )
}

/** Sets the clock of a notification and its ledgers forward: what is not settled has expired. */
export async function expireNow(story: Story, id: string): Promise<void> {
  const past = Date.now() - 60_000
  const expire = (storage: DurableObjectStorage) => {
    const known = storage.kv.get<{ expiresAt: number }>('notification')
    if (known) storage.kv.put('notification', { ...known, expiresAt: past })
    if (known && storage.kv.get('tables') !== true) return
    storage.sql.exec('update fanout set expires_at = ?1 where notification_id = ?2', past, id)
    storage.sql.exec('update ticket set wake_at = ?1 where notification_id = ?2 and wake_at > ?1', past, id)
  }
  const places = [() => objectOf(story, id), () => env.SUBSCRIBER_SHARD.getByName(`${story.id}/news/0`)]
  for (const place of places) {
    await runInDurableObject(place(), (_instance, { storage }) => expire(storage))
    // What it keeps in memory is out of date now.
    await crash(place())
    await runDurableObjectAlarm(place())
  }
}
