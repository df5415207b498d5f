/**
 * Who comes with a short-lived token. What a token must look like is push/user-token.ts; here are the keys that it is
 * checked with, and the app and the API key that it lives by.
 *
 * In the order of what it costs: a text that is no token of ours is refused without asking anybody, one whose key the app
 * has not before anything is verified. What is asked for is kept for five seconds, so a busy token asks nobody.
 */
import { stillHeld } from '../../push/rights.ts'
import { readUserToken, signerNamedBy, type TokenSigner } from '../../push/user-token.ts'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'
import { acceptedSecrets } from '../app-secrets.ts'
import { verifyingKeyOf } from '../imported-keys.ts'
import type { Caller } from './caller.ts'
import { recallApp } from './known-apps.ts'
import { recallMinter } from './known-minters.ts'
import { recallRole } from './known-roles.ts'
import { ApiProblem } from './problem.ts'
import { RefusedCaller } from './refused-caller.ts'
import { requireMasterKeys } from './secrets.ts'

type TokenCaller = Extract<Caller, { kind: 'token' }>

/** @param now epoch ms @throws ApiProblem `unauthorized`, `token_expired`; `credentials_key_missing` */
export async function tokenCaller(env: Env, text: string, now: number): Promise<Caller> {
  const signer = signerNamedBy(text)
  const key = signer === null ? null : await findKey(env, signer, now)
  if (signer === null || key === null) throw notOurs()
  const reading = await readUserToken(key, signer, text, now)
  switch (reading.kind) {
    case 'valid': {
      const caller = { kind: 'token', ...reading.token } as const
      const { role } = await requireStanding(env, caller, now)
      return { ...caller, ...stillHeld(reading.token, await recallRole(env, caller.appId, role, now)) }
    }
    case 'expired':
      throw new ApiProblem('token_expired', 'This token has expired. Mint another one with POST /v1/tokens.')
    case 'invalid':
      throw notOurs()
  }
}

/** Null: the app has no such secret, or its time is over. */
async function findKey(env: Env, { appId, secretId }: TokenSigner, now: number): Promise<CryptoKey | null> {
  const asked = { appId, use: 'tokens', masterKeys: requireMasterKeys(env), now } as const
  const secret = (await acceptedSecrets(env, asked)).find(({ id }) => id === secretId)
  return secret === undefined ? null : await verifyingKeyOf(secret, now)
}

/** A token ends with its app, and with the key that minted it: answers that. */
async function requireStanding(env: Env, caller: TokenCaller, now: number): Promise<ApiKeyRow> {
  const { appId, keyId } = caller
  const [app, minter] = await Promise.all([recallApp(env, appId, now), recallMinter(env, appId, keyId, now)])
  if (app === null) throw new ApiProblem('unauthorized', 'The app of this bearer was deleted.')
  const isOver = minter === null || minter.revokedAt !== null || (minter.expiresAt !== null && minter.expiresAt <= now)
  const detail = 'The API key that minted this token was revoked, or has expired.'
  if (isOver) throw new RefusedCaller('unauthorized', detail, caller)
  return minter
}

function notOurs(): ApiProblem {
  return new ApiProblem('unauthorized', 'This token is not one of ours, or its key is over. Mint another one.')
}
