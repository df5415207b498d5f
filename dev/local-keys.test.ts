import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keepKeys } from './local-keys.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fanfare-keys-'))
})
afterEach(() => rm(directory, { recursive: true }))

it('keeps the keys of a state directory, so that a restart can read what they encrypted', async () => {
  const state = join(directory, 'not', 'there', 'yet')
  const made = await keepKeys(state)
  expect(await keepKeys(state)).toEqual(made)
  expect(Buffer.from(made.credentialsKey, 'base64')).toHaveLength(32)
})

it('gives every state directory keys of its own', async () => {
  const keys = await Promise.all(['a', 'b'].map((name) => keepKeys(join(directory, name))))
  expect(keys[0]).not.toEqual(keys[1])
})

it('lets nobody else read them', async () => {
  await keepKeys(directory)
  const file = join(directory, 'fanfare-keys.json')
  expect((await stat(file)).mode & 0o077).toBe(0)
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('rootKey')
})
