/**
 * Whoever rotates a key gets one that may do as much. So nobody rotates one that may do more than he may himself, and the
 * key that he tried stays as it was.
 */
import { beforeAll, expect, it } from 'vitest'
import { call, makeApp } from './calling.ts'

let app: Awaited<ReturnType<typeof makeApp>>

const keyOf = async (role: string) => {
  const made = await call('POST', `/v1/apps/${app.id}/keys`, { bearer: app.admin, body: { role } })
  expect(made.status).toBe(201)
  return made.body
}

const define = async (role: string, body: object) => {
  expect((await call('PUT', `/v1/apps/${app.id}/roles/${role}`, { bearer: app.admin, body })).status).toBe(201)
}

const KEEPERS = {
  'who only keeps keys': { scopes: ['keys:manage'] },
  'who is limited': { scopes: ['keys:manage', 'notifications:send'], topics: ['marketing.*'], categories: ['promo'] },
}
const TARGETS: Readonly<Record<string, { scopes: string[]; topics?: string[]; categories?: string[] }>> = {
  'reader-of-topics': { scopes: ['topics:read'] },
  'boundless-sender': { scopes: ['notifications:send'] },
  'sender-of-more-topics': { scopes: ['notifications:send'], topics: ['m*'], categories: ['promo'] },
  'sender-of-all-categories': { scopes: ['notifications:send'], topics: ['marketing.*'] },
  'lesser-sender': { scopes: ['notifications:send'], topics: ['marketing.spring'], categories: ['promo'] },
  nothing: { scopes: [] },
}
const keepers = new Map<string, string>()

beforeAll(async () => {
  app = await makeApp()
  for (const [role, definition] of Object.entries(TARGETS)) await define(role, definition)
  for (const [index, [who, definition]] of Object.entries(KEEPERS).entries()) {
    await define(`keeper-${index}`, definition)
    keepers.set(who, (await keyOf(`keeper-${index}`)).key)
  }
})

const rotate = (keyId: string, bearer: string) =>
  call('POST', `/v1/apps/${app.id}/keys/${keyId}/rotate`, { bearer, body: { overlap_seconds: 0 } })

/** All ids, and all there is to know of one key. */
async function keysAnd(keyId: string) {
  const { data } = (await call('GET', `/v1/apps/${app.id}/keys?limit=100`, { bearer: app.admin })).body
  const ids = data.map(({ id }: { id: string }) => id)
  return { ids, key: data.find(({ id }: { id: string }) => id === keyId) }
}

it.each([
  ['who only keeps keys', 'admin'],
  ['who only keeps keys', 'sender'],
  ['who only keeps keys', 'analyst'],
  ['who only keeps keys', 'client'],
  ['who only keeps keys', 'reader-of-topics'],
  ['who only keeps keys', 'lesser-sender'],
  ['who is limited', 'admin'],
  ['who is limited', 'reader-of-topics'],
  ['who is limited', 'boundless-sender'],
  ['who is limited', 'sender-of-more-topics'],
  ['who is limited', 'sender-of-all-categories'],
])('one %s does not rotate that of role %s, and it stays as it was', async (who, role) => {
  const { id } = await keyOf(role)
  const before = await keysAnd(id)
  const answer = await rotate(id, keepers.get(who)!)
  expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'scope_not_allowed', 'id'])
  expect(answer.body).not.toHaveProperty('key')
  expect(await keysAnd(id)).toEqual(before)
})

it.each([
  ['who only keeps keys', 'nothing'],
  ['who is limited', 'lesser-sender'],
])('one %s rotates that of role %s', async (who, role) => {
  const { id } = await keyOf(role)
  expect(await rotate(id, keepers.get(who)!)).toMatchObject({ status: 201, body: { role } })
})
