import { expect, it } from 'vitest'
import { claim, release, SEEN_LIMIT } from './seen.ts'
import { memoryStore } from './store.fixture.ts'

it('a notification is claimed once', async () => {
  const store = memoryStore()
  expect([await claim(store, 'ntf_1'), await claim(store, 'ntf_1'), await claim(store, 'ntf_2')]).toEqual([
    true,
    false,
    true,
  ])
})

it('two pushes at the same moment do not both get the claim', async () => {
  const store = memoryStore()
  const claims = await Promise.all([claim(store, 'ntf_1'), claim(store, 'ntf_1')])
  expect(claims.filter((first) => first)).toHaveLength(1)
})

it('a claim that was given back can be taken again', async () => {
  const store = memoryStore()
  await claim(store, 'ntf_1')
  await release(store, 'ntf_1')
  expect(await claim(store, 'ntf_1')).toBe(true)
})

it('only the newest ids are remembered', async () => {
  const store = memoryStore()
  for (let i = 0; i <= SEEN_LIMIT; i++) await claim(store, `ntf_${i}`)
  expect(await claim(store, `ntf_${SEEN_LIMIT}`)).toBe(false)
  expect(await claim(store, 'ntf_0')).toBe(true)
})
