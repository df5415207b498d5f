import { expect, it } from 'vitest'
import type { ApiClient } from './api-client.ts'
import { resealAll } from './reseal.ts'

/** A platform that answers these steps, in order, and then that there is nothing to do. */
function platform(...steps: object[]) {
  const asked: unknown[] = []
  const post = async (path: string, body: unknown) => {
    asked.push([path, body])
    return { seen: 1, resealed: 0, unreadable: [], next_cursor: null, ...steps.shift() }
  }
  return { asked, client: { post } as unknown as ApiClient }
}

it('goes from step to step, and walks again until there is nothing to do', async () => {
  const { asked, client } = platform({ seen: 40, resealed: 40, next_cursor: 'b' }, { seen: 5, resealed: 2 })
  const said: string[] = []
  expect(await resealAll(client, (line) => said.push(line))).toEqual({ seen: 1, resealed: 0, unreadable: [] })
  const path = '/v1/secrets/reseal'
  expect(asked).toEqual([
    [path, {}],
    [path, { cursor: 'b' }],
    [path, {}],
  ])
  expect(said).toEqual([
    'walk 1: 40 looked at, 40 sealed anew',
    'walk 1: 45 looked at, 42 sealed anew',
    'walk 2: 1 looked at, 0 sealed anew',
  ])
})

it('names what no key opens', async () => {
  const { client } = platform({ unreadable: [{ table: 'app_secret', key: ['app_1', 'links', 'sec_1'] }] })
  expect((await resealAll(client, () => {})).unreadable).toEqual(['app_secret app_1 links sec_1'])
})

it('does not walk for ever', async () => {
  const { client } = platform(...Array.from({ length: 9 }, () => ({ resealed: 1 })))
  await expect(resealAll(client, () => {})).rejects.toThrow('After 5 walks')
})
