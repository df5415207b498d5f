/**
 * The secrets the API needs, or the answer that says which command sets them. An isolate gets new values with the next
 * deploy.
 */
import { MasterKeyError, type MasterKeys, masterKeysOf } from '../../push/master-key.ts'
import { readRootKeys } from '../../push/root-key.ts'
import { ApiProblem } from './problem.ts'

const SET_ROOT_KEY = 'openssl rand -base64 32 | npx wrangler secret put ROOT_KEY'
const SET_CREDENTIALS_KEY = 'openssl rand -base64 32 | npx wrangler secret put CREDENTIALS_KEY'

/** @throws ApiProblem `root_key_missing` */
export function requireRootKey(env: Env): void {
  if (env.ROOT_KEY) return
  throw new ApiProblem(
    'root_key_missing',
    `The operator's key is not set. "npm run keys:root" makes one and says how to set it; or: ${SET_ROOT_KEY}`,
  )
}

/** What ROOT_KEY said last, so that a request hashes its own bearer and nothing else. */
let read: { readonly setting: string; readonly hashes: Promise<string[]> } | null = null

/** The hashes of the root keys that are taken; none when ROOT_KEY is not set. */
export function rootKeyHashesOf(env: Env): Promise<string[]> {
  const setting = env.ROOT_KEY ?? ''
  if (read?.setting !== setting) read = { setting, hashes: readRootKeys(setting) }
  return read.hashes
}

/** The master keys, checked: the first one seals, all of them open. @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid` */
export function requireMasterKeys(env: Env): MasterKeys {
  if (!env.CREDENTIALS_KEY) {
    throw new ApiProblem(
      'credentials_key_missing',
      `The encryption key is not set. Set it with: ${SET_CREDENTIALS_KEY}`,
    )
  }
  try {
    return masterKeysOf(env)
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    // Whoever is told to set another CREDENTIALS_KEY because an older one is misspelt would lose the present one.
    const cure =
      error.variable === 'CREDENTIALS_KEY' ? `Set it with: ${SET_CREDENTIALS_KEY}` : 'Put the older keys there again.'
    throw new ApiProblem('credentials_key_invalid', `${error.message} ${cure}`)
  }
}
