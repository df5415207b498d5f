/** Devices and memberships in D1: one device an address, nothing lost to a race, quick in bulk. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { hashAddress } from '../../push/address-hash.ts'
import type { Address } from '../../push/device.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { slotOf } from '../../push/slot.ts'
import type { Registration } from '../../schema/d1/device-merge.ts'
import { retireDevices } from '../../schema/d1/device-retirement.ts'
import { upsertDevices } from '../../schema/d1/device-upsert.ts'
import {
  deleteDevice,
  forgetOldSlots,
  readDevice,
  readDevices,
  readDevicesOfUsers,
  updateDevice,
} from '../../schema/d1/devices.ts'
import { addMemberships, listTopics, removeMemberships, topicExists, topicsOfDevices } from '../../schema/d1/topics.ts'

const db = env.DB
const NOW = Date.parse('2026-11-22T12:00:00Z')
const newDeviceId = () => makeId('dev', NOW, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
const at = (now: number) => ({ now, newDeviceId })

let apps = 0
/** Tests share a database, and so each has an app of its own. */
const newApp = () => `app_${++apps}`

async function registration(value: string, facts: Partial<Registration> = {}): Promise<Registration> {
  const address: Address = { kind: 'fcm_token', value }
  return { address, platform: 'fcm', addressHash: await hashAddress(address), ...facts }
}

async function register(app: string, value: string, facts: Partial<Registration> = {}, now = NOW) {
  const [upserted] = await upsertDevices(db, app, [await registration(value, facts)], at(now))
  return upserted!
}

describe('registering', () => {
  it('makes a device with everything it says', async () => {
    const app = newApp()
    const facts = {
      userId: 'ada',
      locale: 'fr-FR',
      timezone: 'Europe/Paris',
      appVersion: '1.2',
      attributes: { plan: 'pro', n: 1 },
    }
    const { device, created } = await register(app, 'a', facts)
    expect([created, device.oldSlots]).toEqual([true, null])
    expect(device).toMatchObject({ ...facts, platform: 'fcm', registeredAt: NOW, updatedAt: NOW, retiredAt: null })
    expect(device.slot).toBe(slotOf({ userId: 'ada', deviceId: device.id }))
    expect(await readDevice(db, app, device.id)).toEqual(device)
  })

  it('finds the same address again, keeps what is not said and clears what is null', async () => {
    const app = newApp()
    const first = await register(app, 'a', { userId: 'ada', locale: 'fr-FR', timezone: 'Europe/Paris' })
    const second = await register(app, 'a', { locale: null, appVersion: '2' }, NOW + 1000)
    expect(second.created).toBe(false)
    expect(second.device).toEqual({
      ...first.device,
      locale: null,
      appVersion: '2',
      registeredAt: NOW + 1000,
      updatedAt: NOW + 1000,
    })
    expect(await readDevice(db, app, first.device.id)).toEqual(second.device)
  })

  it('moves the device to its new user, and remembers everywhere it was', async () => {
    const app = newApp()
    const { device: ofAda } = await register(app, 'a', { userId: 'ada' })
    const { device: ofBob } = await register(app, 'a', { userId: 'bob' })
    expect(ofBob.id).toBe(ofAda.id)
    expect(ofBob.slot).toBe(slotOf({ userId: 'bob', deviceId: ofBob.id }))
    expect(ofBob.oldSlots).toEqual([ofAda.slot])
    const { device: ofNobody } = await register(app, 'a', { userId: null })
    expect(ofNobody.slot).toBe(slotOf({ userId: null, deviceId: ofBob.id }))
    expect(ofNobody.oldSlots).toEqual([ofAda.slot, ofBob.slot])
    expect((await register(app, 'a', { userId: 'ada' })).device.oldSlots).toEqual([ofBob.slot, ofNobody.slot])
  })

  it('forgets where the device was, unless it has moved again', async () => {
    const app = newApp()
    await register(app, 'a', { userId: 'ada' })
    const { device: ofBob } = await register(app, 'a', { userId: 'bob' }, NOW + 1)
    const { device: ofCarol } = await register(app, 'a', { userId: 'carol' }, NOW + 2)
    await forgetOldSlots(db, app, [ofBob])
    expect((await readDevice(db, app, ofBob.id))?.oldSlots).toEqual(ofCarol.oldSlots)
    await forgetOldSlots(db, app, [ofCarol])
    expect((await readDevice(db, app, ofBob.id))?.oldSlots).toBeNull()
  })

  it('does not mix apps', async () => {
    const [one, two] = [await register(newApp(), 'a'), await register(newApp(), 'a')]
    expect(one.device.id).not.toBe(two.device.id)
    expect(two.created).toBe(true)
  })

  it('takes an address that is there twice as one device, the last one wins', async () => {
    const app = newApp()
    const rows = [
      await registration('a', { userId: 'ada', locale: 'en' }),
      await registration('b'),
      await registration('a', { userId: 'bob' }),
    ]
    const [first, other, last] = await upsertDevices(db, app, rows, at(NOW))
    expect([first?.created, other?.created, last?.created]).toEqual([true, true, false])
    expect(first?.device).toEqual(last?.device)
    expect(last?.device).toMatchObject({ userId: 'bob', locale: 'en' })
  })

  it('of one address by many at once ends as one device, with one of them as its maker', async () => {
    const app = newApp()
    const users = Array.from({ length: 12 }, (_, i) => `user-${i}`)
    const all = await Promise.all(users.map((userId) => register(app, 'a', { userId })))
    expect(new Set(all.map(({ device }) => device.id)).size).toBe(1)
    expect(all.filter(({ created }) => created)).toHaveLength(1)
    // Each move starts where another one ended, and none is forgotten.
    const stored = await readDevice(db, app, all[0]!.device.id)
    const others = users.filter((userId) => userId !== stored?.userId)
    const left = others.map((userId) => slotOf({ userId, deviceId: stored!.id }))
    expect(stored?.oldSlots?.toSorted()).toEqual(left.toSorted())
  })
})

describe('retiring', () => {
  it('spares a device that registered after its address was called dead', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    const dead = (asOfAt: number) =>
      retireDevices(db, app, [{ deviceId: device.id, address: 'a', asOfAt, reason: 'Unregistered' }], null)
    expect(await dead(NOW - 1)).toEqual([])
    expect(await dead(NOW)).toEqual([{ deviceId: device.id, platform: 'fcm', slot: device.slot, topics: [] }])
    expect(await readDevice(db, app, device.id)).toMatchObject({ retiredAt: NOW, retiredReason: 'Unregistered' })
  })

  it('names the topics whose shards may still know the device, each time: an earlier call may have been interrupted', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    await addMemberships(db, app, 'news', [device.id], NOW)
    await addMemberships(db, app, 'sport', [device.id], NOW)
    const retirement = { deviceId: device.id, address: 'a', asOfAt: NOW, reason: 'UNREGISTERED' }
    const [first, second] = [
      await retireDevices(db, app, [retirement, retirement], null),
      await retireDevices(db, app, [retirement], null),
    ]
    expect(first).toEqual([{ deviceId: device.id, platform: 'fcm', slot: device.slot, topics: ['news', 'sport'] }])
    expect(second).toEqual(first)
  })

  it('spares a device that has another address by now', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    await updateDevice(db, app, device.id, { address: await registration('b') }, NOW)
    const dead = { deviceId: device.id, address: 'a', asOfAt: NOW + 1, reason: 'UNREGISTERED' }
    expect(await retireDevices(db, app, [dead], null)).toEqual([])
    expect(await readDevice(db, app, device.id)).toMatchObject({ retiredAt: null })
  })

  it('hides the device from its user until it registers again, which keeps its topics', async () => {
    const app = newApp()
    const { device } = await register(app, 'a', { userId: 'ada' })
    await addMemberships(db, app, 'news', [device.id], NOW)
    await retireDevices(db, app, [{ deviceId: device.id, address: 'a', asOfAt: NOW, reason: 'Unregistered' }], null)
    expect(await readDevicesOfUsers(db, app, ['ada'])).toEqual([])
    const back = await register(app, 'a', {}, NOW + 1)
    expect(await readDevicesOfUsers(db, app, ['ada'])).toEqual([back.device])
    expect(await topicsOfDevices(db, app, [device.id])).toEqual(new Map([[device.id, ['news']]]))
  })
})

describe('changing', () => {
  it('moves a device to a new address, which revives it', async () => {
    const app = newApp()
    const { device } = await register(app, 'a', { userId: 'ada' })
    await retireDevices(db, app, [{ deviceId: device.id, address: 'a', asOfAt: NOW, reason: 'Unregistered' }], null)
    const answer = await updateDevice(db, app, device.id, { address: await registration('b'), userId: 'bob' }, NOW + 5)
    expect(answer).toMatchObject({
      kind: 'updated',
      device: {
        id: device.id,
        address: { value: 'b' },
        userId: 'bob',
        retiredAt: null,
        registeredAt: NOW + 5,
        oldSlots: [device.slot],
      },
    })
    expect((await register(app, 'b')).device.id).toBe(device.id)
  })

  it('changes facts without touching the registration', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    const answer = await updateDevice(db, app, device.id, { attributes: { plan: 'free' } }, NOW + 5)
    expect(answer).toMatchObject({ device: { attributes: { plan: 'free' }, registeredAt: NOW, updatedAt: NOW + 5 } })
  })

  it('refuses an address that another device has, and an id that is not there', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    await register(app, 'b')
    expect(await updateDevice(db, app, device.id, { address: await registration('b') }, NOW)).toEqual({
      kind: 'address_in_use',
    })
    expect(await updateDevice(db, app, 'dev_0', {}, NOW)).toEqual({ kind: 'unknown' })
    expect(await updateDevice(db, newApp(), device.id, {}, NOW)).toEqual({ kind: 'unknown' })
  })
})

describe('deleting', () => {
  it('takes the memberships along and says which they were', async () => {
    const app = newApp()
    const { device } = await register(app, 'a')
    await addMemberships(db, app, 'news', [device.id], NOW)
    expect(await deleteDevice(db, app, device.id, NOW)).toEqual({ device, topics: ['news'] })
    expect(await deleteDevice(db, app, device.id, NOW)).toBeNull()
    expect(await topicsOfDevices(db, app, [device.id])).toEqual(new Map())
  })
})

describe('topics', () => {
  it('take devices of their app, once, and nothing else', async () => {
    const app = newApp()
    const [mine, foreign] = [(await register(app, 'a')).device.id, (await register(newApp(), 'a')).device.id]
    await addMemberships(db, app, 'news', [mine, foreign, 'dev_0'], NOW)
    await addMemberships(db, app, 'news', [mine], NOW)
    expect(await topicsOfDevices(db, app, [mine, foreign, 'dev_0'])).toEqual(new Map([[mine, ['news']]]))
    await removeMemberships(db, app, 'news', [mine, 'dev_0'])
    await removeMemberships(db, app, 'news', [mine])
    expect(await topicsOfDevices(db, app, [mine])).toEqual(new Map())
    expect([await topicExists(db, app, 'news'), await topicExists(db, app, 'sport')]).toEqual([true, false])
  })

  it('are listed in order, page by page', async () => {
    const app = newApp()
    for (const topic of ['c', 'a', 'b']) await addMemberships(db, app, topic, [], NOW)
    expect(await listTopics(db, app, { after: null, limit: 2 })).toEqual(['a', 'b'])
    expect(await listTopics(db, app, { after: 'b', limit: 2 })).toEqual(['c'])
  })
})

describe('in bulk', () => {
  it('thousands of devices, more than one statement can take, register, register again and join a topic', async () => {
    const app = newApp()
    const rows = await Promise.all(
      Array.from({ length: 3_000 }, (_, i) =>
        registration(`${i}-${'x'.repeat(400)}`, {
          userId: `user-${i % 1_500}`,
          attributes: { plan: 'pro', text: 'é'.repeat(100) },
        }),
      ),
    )
    const first = await upsertDevices(db, app, rows, at(NOW))
    const second = await upsertDevices(db, app, rows, at(NOW + 1))
    expect(first.every(({ created }) => created)).toBe(true)
    expect(second.map(({ device }) => device.id)).toEqual(first.map(({ device }) => device.id))
    expect(second.some(({ created }) => created)).toBe(false)
    const ids = first.map(({ device }) => device.id)
    await addMemberships(db, app, 'news', ids, NOW)
    expect((await topicsOfDevices(db, app, ids)).size).toBe(3_000)
    expect(await readDevices(db, app, ids)).toHaveLength(3_000)
  })

  it('no statement walks through an app’s devices: each row is looked up by its key', async () => {
    const app = newApp()
    const plans: D1PreparedStatement[] = []
    const watched = explaining(db, plans)
    const rows = [await registration('a', { userId: 'ada' })]
    await upsertDevices(watched, app, rows, at(NOW))
    const { device } = (await upsertDevices(watched, app, rows, at(NOW)))[0]!
    await addMemberships(watched, app, 'news', [device.id], NOW)
    await readDevices(watched, app, [device.id])
    await forgetOldSlots(watched, app, [device])
    await readDevicesOfUsers(watched, app, ['ada'])
    await retireDevices(
      watched,
      app,
      [{ deviceId: device.id, address: 'a', asOfAt: NOW, reason: 'Unregistered' }],
      null,
    )
    await removeMemberships(watched, app, 'news', [device.id])
    await deleteDevice(watched, app, device.id, NOW)
    const searches = []
    for (const plan of plans) {
      const { results } = await plan.all<{ detail: string }>()
      for (const { detail } of results) if (/device/.test(detail)) searches.push(detail)
    }
    expect(searches.length).toBeGreaterThan(8)
    expect(searches.filter((detail) => !KEYED.test(detail))).toEqual([])
  })
})

describe('the tables', () => {
  it('have no hidden rowid, which would double the rows that a write bills', async () => {
    const { results } = await db
      .prepare("select name from sqlite_master where type = 'table' and sql not like '%WITHOUT ROWID'")
      .all<{ name: string }>()
    expect(results.map(({ name }) => name).filter((name) => !/^(_cf_|sqlite_|d1_)/.test(name))).toEqual([])
  })
})

/** A search by more than the app: by id, by address, by user, or by the device of a membership. */
const KEYED = /^SEARCH (device|theirs|topic_device) USING .*\(app_id=\? AND (id|address_hash|user_id|device_id)=\?/

/** The same database, which notes how SQLite would run what it is asked. */
function explaining(real: D1Database, plans: D1PreparedStatement[]): D1Database {
  const prepare = (statement: string) => ({
    bind: (...values: unknown[]) => {
      plans.push(real.prepare(`explain query plan ${statement}`).bind(...values))
      return real.prepare(statement).bind(...values)
    },
  })
  return { prepare, batch: (statements: D1PreparedStatement[]) => real.batch(statements) } as unknown as D1Database
}
