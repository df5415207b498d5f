/** A new API key: its text, which is shown once, its id, and the hash that is kept. */
import { makeApiKey } from '../../push/api-key.ts'
import { ID_RANDOM_BYTES, makeId } from '../../push/ids.ts'
import { hashKey, KEY_RANDOM_BYTES } from '../../push/key-text.ts'

/** @param isPublic it may be shipped inside apps @param now epoch ms */
export async function newKey(isPublic: boolean, now: number): Promise<{ key: string; id: string; keyHash: string }> {
  const key = makeApiKey(isPublic, crypto.getRandomValues(new Uint8Array(KEY_RANDOM_BYTES)))
  const id = makeId('key', now, crypto.getRandomValues(new Uint8Array(ID_RANDOM_BYTES)))
  return { key, id, keyHash: await hashKey(key) }
}
