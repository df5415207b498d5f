/**
 * APNs' part of the control API: keys of the simulated developer account.
 */
import {
  ControlError,
  type ControlRequest,
  type ControlRoute,
  optionalNumber,
  optionalText,
  optionalTexts,
} from '../control-route.ts'
import type { Environment, KeyRequest, RegisteredKey, SigningKeys } from './signing-keys.ts'

type Body = ControlRequest['body']

export function apnsRoutes(keys: SigningKeys): ControlRoute[] {
  return [
    {
      method: 'POST',
      path: '/apns/keys',
      handle: ({ body }) => ({ status: 201, body: describe(register(keys, parseKeyRequest(body))) }),
    },
    {
      method: 'DELETE',
      path: '/apns/keys/:team_id/:key_id',
      handle: ({ params: { team_id, key_id } }) => {
        if (!keys.revoke(team_id!, key_id!)) throw new ControlError(404, `team ${team_id} has no key ${key_id}`)
        return { status: 204 }
      },
    },
  ]
}

function parseKeyRequest(body: Body): KeyRequest {
  return {
    teamId: optionalText(body, 'team_id'),
    keyId: optionalText(body, 'key_id'),
    bundleIds: optionalTexts(body, 'bundle_ids'),
    environment: optionalEnvironment(body),
    mintFloorSeconds: optionalNumber(body, 'mint_floor_seconds', 0),
    publicKey: optionalText(body, 'public_key'),
  }
}

function optionalEnvironment({ environment }: Body): Environment | undefined {
  if (environment === undefined || environment === 'production' || environment === 'sandbox') return environment
  throw new ControlError(400, '"environment" must be "production" or "sandbox"')
}

function register(keys: SigningKeys, request: KeyRequest): RegisteredKey {
  try {
    return keys.register(request)
  } catch (error) {
    if (error instanceof TypeError) throw new ControlError(400, error.message)
    throw error
  }
}

function describe({ key, privateKey }: RegisteredKey) {
  return {
    team_id: key.teamId,
    key_id: key.keyId,
    bundle_ids: key.bundleIds === null ? undefined : [...key.bundleIds],
    environment: key.environment ?? undefined,
    private_key: privateKey ?? undefined,
  }
}
