/**
 * The operator's key: how one is made, and what the setting `ROOT_KEY` says about who has it. Pure: the random bytes
 * are an argument.
 *
 * `root_` + 32 characters of randomness + their checksum (key-text.ts) is what our commands make. The setting may hold
 * any other text too. It is
 *
 * - a list, separated by commas, when every part is the hash of a key (`sha256:` + 64 hex digits) or a `root_…` key whose
 *   checksum fits: each of these keys is taken, which is how the key is rotated with an overlap;
 * - one key as it is, whatever is in it, in every other case; but nothing, if it has a hash in it: what was written instead
 *   of a key must not become one.
 */
import { equalInConstantTime } from './constant-time.ts'
import {
  CHECKSUM_CHARACTERS,
  hasChecksum,
  hashKey,
  RANDOM_CHARACTERS,
  randomCharacters,
  withChecksum,
} from './key-text.ts'

const ROOT_KEY = new RegExp(`^root_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)
const HASH = /^sha256:([0-9a-f]{64})$/i

/** @param random KEY_RANDOM_BYTES (key-text.ts) random bytes */
export function makeRootKey(random: Uint8Array): string {
  return withChecksum(`root_${randomCharacters(random)}`)
}

/** Stands for the key in the setting, so that a leaked setting opens nothing. */
export async function rootKeyHash(key: string): Promise<string> {
  return `sha256:${await hashKey(key)}`
}

/** The hashes, in hex, of the keys that the setting takes; none when it is empty. */
export async function readRootKeys(setting: string): Promise<string[]> {
  if (setting === '') return []
  const parts = setting.split(',').map((part) => part.trim())
  const isList = parts.every((part) => hashIn(part) !== null || isRootKey(part))
  if (!isList) return /sha256:/i.test(setting) ? [] : [await hashKey(setting)]
  return await Promise.all(parts.map((part) => hashIn(part) ?? hashKey(part)))
}

/** Whether the key with that hash is one of those taken. Looks at all of them, whichever fits. */
export function isTaken(taken: readonly string[], keyHash: string): boolean {
  return taken.reduce((found, hash) => equalInConstantTime(hash, keyHash) || found, false)
}

function hashIn(part: string): string | null {
  return HASH.exec(part)?.[1]?.toLowerCase() ?? null
}

function isRootKey(text: string): boolean {
  return ROOT_KEY.test(text) && hasChecksum(text)
}
