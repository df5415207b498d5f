/**
 * The operator's keys of a local platform. Made once and kept beside its state, because the state is encrypted with
 * one of them: without it a restart could not read its own credentials.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEY_RANDOM_BYTES } from '../push/key-text.ts'
import { makeRootKey } from '../push/root-key.ts'

export interface LocalKeys {
  /** `ROOT_KEY` */
  readonly rootKey: string
  /** `CREDENTIALS_KEY`: 32 bytes in base64. */
  readonly credentialsKey: string
}

const FILE = 'fanfare-keys.json'

/** Reads the keys kept in a state directory, or makes and keeps them. */
export async function keepKeys(directory: string): Promise<LocalKeys> {
  const path = join(directory, FILE)
  const kept = await readIfThere(path)
  if (kept !== null) return JSON.parse(kept)
  const keys = {
    rootKey: makeRootKey(randomBytes(KEY_RANDOM_BYTES)),
    credentialsKey: randomBytes(32).toString('base64'),
  }
  await mkdir(directory, { recursive: true })
  await writeFile(path, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
  return keys
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
