import { describe, expect, it } from 'vitest'
import { hashKey, KEY_RANDOM_BYTES } from './key-text.ts'
import { isTaken, makeRootKey, readRootKeys, rootKeyHash } from './root-key.ts'

const key = (seed: number) => makeRootKey(new Uint8Array(KEY_RANDOM_BYTES).fill(seed))
const [OLD, NEW] = [key(1), key(2)]
const mistyped = NEW.replace('root_2', 'root_3')

it('is made with a prefix and a checksum', () => {
  expect(NEW).toMatch(/^root_2{32}[0-9A-Za-z]{6}$/)
})

describe('the setting', () => {
  it.each<[what: string, setting: string, bearer: string, taken: boolean]>([
    ['that is nothing takes nothing', '', '', false],
    ['of one key takes it', NEW, NEW, true],
    ['of one key takes no other', NEW, OLD, false],
    ['of any text takes it', 'correct horse', 'correct horse', true],
    ['of any text takes no part of it', 'correct horse', 'correct', false],
    ['of a text with commas takes it whole', 'a,b', 'a,b', true],
    ['of a text with commas takes no part of it', 'a,b', 'b', false],
    ['of a text with spaces at its ends takes it with them', ' a ', ' a ', true],
    ['of a text that ends with a comma takes it with that', 'a,', 'a,', true],
    ['of two keys takes the first', `${NEW},${OLD}`, NEW, true],
    ['of two keys takes the second', `${NEW}, ${OLD}`, OLD, true],
    ['of two keys does not take itself', `${NEW},${OLD}`, `${NEW},${OLD}`, false],
    ['of a key and a mistyped one is one text', `${OLD},${mistyped}`, OLD, false],
    ['of a key and any text is one text', `${NEW},old`, 'old', false],
  ])('%s', async (_what, setting, bearer, taken) => {
    expect(isTaken(await readRootKeys(setting), await hashKey(bearer))).toBe(taken)
  })

  it.each([',', ';', ' ,x', ',sha256:00'])(
    'that has a hash in it and cannot be read, %s behind it, takes nothing',
    async (rest) => {
      expect(await readRootKeys((await rootKeyHash(OLD)) + rest)).toEqual([])
    },
  )

  it('may hold hashes, in either case, and keys with them; a hash is no key', async () => {
    const [oldHash, newHash] = [await rootKeyHash(OLD), await rootKeyHash('any old text')]
    const hashes = await readRootKeys(`${oldHash.toUpperCase().replace('SHA', 'sha')},${newHash},${NEW}`)
    for (const bearer of [OLD, 'any old text', NEW]) expect(isTaken(hashes, await hashKey(bearer))).toBe(true)
    for (const bearer of [oldHash, newHash, '']) expect(isTaken(hashes, await hashKey(bearer))).toBe(false)
  })
})
