import { expect, it } from 'vitest'
import { muteConsole } from '../../test/console/overheard.ts'
import { findKey, type KeySource, refreshKeys } from './app-keys.ts'
import { memoryStore } from './store.fixture.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const NOW = 1_795_400_000_000

/** An API that publishes these keys, or does not answer, and counts who asks. */
function published(...first: string[]) {
  const api = { kids: first, isUp: true, asked: 0 }
  const fetch = async () => {
    api.asked++
    if (!api.isUp) throw new TypeError('Failed to fetch')
    return api.kids.map((kid) => ({ kid }))
  }
  const source: KeySource = { appId: 'app_1', fetch }
  return Object.assign(api, { source })
}

it('a key is fetched once and then kept', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  await refreshKeys(store, api.source, NOW)
  expect(await findKey(store, api.source, 'sec_1', NOW + MINUTE_MS)).toEqual({ kid: 'sec_1' })
  expect(api.asked).toBe(1)
})

it('a key that nobody knows is asked for, once a minute', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  expect(await findKey(store, api.source, 'sec_2', NOW)).toBeUndefined()
  api.kids = ['sec_1', 'sec_2']
  expect(await findKey(store, api.source, 'sec_2', NOW + MINUTE_MS - 1)).toBeUndefined()
  expect(await findKey(store, api.source, 'sec_2', NOW + MINUTE_MS)).toEqual({ kid: 'sec_2' })
  expect(api.asked).toBe(2)
})

it('a key that was withdrawn is believed for a day at most', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  await refreshKeys(store, api.source, NOW)
  api.kids = ['sec_2']
  expect(await findKey(store, api.source, 'sec_1', NOW + DAY_MS - 1)).toBeDefined()
  expect(await findKey(store, api.source, 'sec_1', NOW + DAY_MS)).toBeUndefined()
})

it('an API that does not answer takes no key away, and is not asked at every push', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  await refreshKeys(store, api.source, NOW)
  api.isUp = false
  const said = muteConsole('warn')
  for (const later of [0, 1, 2]) {
    expect(await findKey(store, api.source, 'sec_1', NOW + DAY_MS + later)).toEqual({ kid: 'sec_1' })
  }
  expect(api.asked).toBe(2)
  expect(said).toHaveBeenCalledOnce()
})

it('another app’s keys are not this app’s', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  await refreshKeys(store, api.source, NOW)
  const other = published()
  expect(await findKey(store, { ...other.source, appId: 'app_2' }, 'sec_1', NOW)).toBeUndefined()
  expect(other.asked).toBe(1)
})

it('a clock that was set back asks again', async () => {
  const [store, api] = [memoryStore(), published('sec_1')]
  await refreshKeys(store, api.source, NOW)
  await findKey(store, api.source, 'sec_1', NOW - DAY_MS)
  expect(api.asked).toBe(2)
})
