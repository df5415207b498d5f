/**
 * The secrets the API needs, or the answer that says which command sets them. Nothing is cached: an isolate
 * gets new values with the next deploy.
 */
import { MasterKeyError, type MasterKeys, masterKeysOf } from '../../push/master-key.ts'
import { ApiProblem } from './problem.ts'

const SET_ROOT_KEY = 'openssl rand -base64 32 | npx wrangler secret put ROOT_KEY'
const SET_CREDENTIALS_KEY = 'openssl rand -base64 32 | npx wrangler secret put CREDENTIALS_KEY'

/** @throws ApiProblem `root_key_missing` */
export function rootKeyOf(env: Env): string {
  if (env.ROOT_KEY) return env.ROOT_KEY
  throw new ApiProblem('root_key_missing', `The operator's key is not set. Set it with: ${SET_ROOT_KEY}`)
}

/** The master key, checked. @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid` */
export function credentialsKeyOf(env: Env): string {
  return requireMasterKeys(env)[0]
}

/** The master keys, checked. @throws ApiProblem `credentials_key_missing`, `credentials_key_invalid` */
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
