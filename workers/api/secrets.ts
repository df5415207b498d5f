/**
 * The secrets the API needs, or the answer that says which command sets them. Nothing is cached: an isolate
 * gets new values with the next deploy.
 */
import { MasterKeyError, parseMasterKey } from '../../push/master-key.ts'
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
  if (!env.CREDENTIALS_KEY) {
    throw new ApiProblem(
      'credentials_key_missing',
      `The encryption key is not set. Set it with: ${SET_CREDENTIALS_KEY}`,
    )
  }
  try {
    parseMasterKey(env.CREDENTIALS_KEY)
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    throw new ApiProblem('credentials_key_invalid', `${error.message} Set it with: ${SET_CREDENTIALS_KEY}`)
  }
  return env.CREDENTIALS_KEY
}
