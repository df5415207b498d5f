/**
 * Apps' keys as the platform's crypto takes them. Importing one costs a good part of what using it does, so
 * they are kept, by the id of their secret, which never gets other material. Says nothing about who may use a secret: that
 * is looked up elsewhere (app-secrets.ts), and the secret is what is asked with.
 */
import { importJWK, type JWK } from 'jose'
import { type AppSecret, publicJwkOf } from '../push/app-secret.ts'
import { ExpiringMap } from '../push/expiring-map.ts'
import { importLinkKey } from '../push/unsubscribe-link.ts'

/** About 1 kB each. An hour, so that keys nobody uses any more fall out. */
const KEPT = { lifeMs: 60 * 60_000, most: 2_000 }

const kept = new ExpiringMap<CryptoKey>(KEPT)

/** What signs. @param now epoch ms @throws TypeError for a secret that is no signing key */
export function signingKeyOf(secret: AppSecret, now: number): Promise<CryptoKey> {
  const jwk = 'jwk' in secret.material ? secret.material.jwk : null
  return recall(`sign/${secret.id}`, () => importEs256(secret.id, jwk), now)
}

/** What verifies. @param now epoch ms @throws TypeError for a secret that is no signing key */
export function verifyingKeyOf(secret: AppSecret, now: number): Promise<CryptoKey> {
  return recall(`verify/${secret.id}`, () => importEs256(secret.id, publicJwkOf(secret)), now)
}

/** What makes and checks MACs. @param now epoch ms @throws TypeError for a secret that is none of these */
export function hmacKeyOf({ id, material }: AppSecret, now: number): Promise<CryptoKey> {
  return recall(
    `mac/${id}`,
    () => {
      if (!('hmacKey' in material)) throw new TypeError(`${id}: the secret is no HMAC key`)
      return importLinkKey(material.hmacKey)
    },
    now,
  )
}

async function recall(name: string, make: () => Promise<CryptoKey>, now: number): Promise<CryptoKey> {
  const known = kept.get(name, now)
  if (known !== undefined) return known
  const key = await make()
  kept.set(name, key, now)
  return key
}

async function importEs256(id: string, jwk: JWK | null): Promise<CryptoKey> {
  if (jwk === null) throw new TypeError(`${id}: the secret is no signing key`)
  const key = await importJWK(jwk, 'ES256')
  if (key instanceof Uint8Array) throw new TypeError(`${id}: the secret is no EC key`)
  return key
}
