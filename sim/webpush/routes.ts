/**
 * Web Push's part of the control API: subscriptions in bulk, their end, and what browsers reported.
 */
import { ControlError, type ControlRequest, type ControlRoute, optionalNumber, optionalText } from '../control-route.ts'
import type { Browsers } from './browsers.ts'
import { isProfileName, PROFILES, type ProfileName } from './profiles.ts'
import type { BulkRequest, DecryptMode, Subscriptions } from './subscriptions.ts'
import { isPublicKey, unpadded } from './vapid.ts'

type Body = ControlRequest['body']

/** Where endpoints can be: over plain HTTP or over TLS. */
export interface Origins {
  readonly http: string
  readonly https: string
}

/** Keeps one answer in the tens of megabytes. */
const MAX_COUNT = 100_000

export function webPushRoutes(subscriptions: Subscriptions, browsers: Browsers, origins: Origins): ControlRoute[] {
  return [
    {
      method: 'POST',
      path: '/webpush/subscriptions',
      handle: ({ body }) => ({
        status: 201,
        body: { data: subscriptions.makeMany(parseBulkRequest(body, origins)) },
      }),
    },
    {
      method: 'DELETE',
      path: '/webpush/subscriptions/:id',
      handle: ({ params: { id } }) => {
        if (!subscriptions.end(id!)) throw new ControlError(404, `there is no subscription "${id}"`)
        return { status: 204 }
      },
    },
    {
      method: 'GET',
      path: '/webpush/subscriptions/:id/receipts',
      handle: ({ params: { id } }) => ({ status: 200, body: { data: browsers.receiptsOf(id!) } }),
    },
  ]
}

function parseBulkRequest(body: Body, origins: Origins): BulkRequest {
  return {
    count: parseCount(body),
    origin: parseOrigin(body) ?? origins[parseTransport(body)],
    idPrefix: parseIdPrefix(body),
    profile: parseProfile(body),
    vapidKey: parseVapidKey(body),
    decrypt: parseDecryptMode(body),
  }
}

function parseCount(body: Body): number {
  const count = optionalNumber(body, 'count', 1) ?? 1
  if (Number.isInteger(count) && count <= MAX_COUNT) return count
  throw new ControlError(400, `"count" must be a whole number up to ${MAX_COUNT}; ask again for more`)
}

/** An origin of the caller's choice, for senders that are made to believe it leads here. */
function parseOrigin(body: Body): string | undefined {
  const origin = optionalText(body, 'origin')
  if (origin === undefined || URL.parse(origin)?.origin === origin) return origin
  throw new ControlError(400, '"origin" must be a scheme, a host and perhaps a port')
}

function parseTransport({ transport = 'http' }: Body): keyof Origins {
  if (transport === 'http' || transport === 'https') return transport
  throw new ControlError(400, '"transport" must be "http" or "https"')
}

function parseIdPrefix(body: Body): string {
  const idPrefix = optionalText(body, 'id_prefix') ?? ''
  if (/^[A-Za-z0-9._~-]*$/.test(idPrefix)) return idPrefix
  throw new ControlError(400, '"id_prefix" may hold letters, digits and -._~ only')
}

function parseProfile({ profile = 'mozilla' }: Body): ProfileName {
  if (isProfileName(profile)) return profile
  throw new ControlError(400, `"profile" must be one of ${Object.keys(PROFILES).join(', ')}`)
}

function parseVapidKey(body: Body): string | null {
  const key = optionalText(body, 'vapid_public_key')
  if (key === undefined) return null
  if (isPublicKey(key)) return unpadded(key)
  throw new ControlError(400, '"vapid_public_key" must be an uncompressed P-256 public key in base64url')
}

function parseDecryptMode({ decrypt = 'all' }: Body): DecryptMode {
  if (decrypt === 'all' || decrypt === 'first') return decrypt
  throw new ControlError(400, '"decrypt" must be "all" or "first"')
}
