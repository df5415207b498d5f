/**
 * The signing keys that developers registered with the simulated Apple account. A store; verifies nothing.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomInt } from 'node:crypto'

export type Environment = 'production' | 'sandbox'

/**
 * Apple's floor between two provider tokens of one key: 20 minutes ("Establishing a token-based connection to APNs").
 */
const MINT_FLOOR_SECONDS = 20 * 60

export interface SigningKey {
  readonly teamId: string
  readonly keyId: string
  readonly publicKey: KeyObject
  /** The apps a topic-specific key may push to; null for a team-scoped key, which may push to all. */
  readonly bundleIds: ReadonlySet<string> | null
  /** Where the key is good; null for an old key, which is good in both. */
  readonly environment: Environment | null
  /** How long a provider token must have been in use before the next one is taken; 0 turns the rule off. */
  readonly mintFloorSeconds: number
}

/** What to register. Whatever is missing is made up. */
export interface KeyRequest {
  readonly teamId?: string
  readonly keyId?: string
  readonly bundleIds?: readonly string[]
  readonly environment?: Environment
  readonly mintFloorSeconds?: number
  /** PEM (SPKI) of a P-256 key. Without it a pair is made. */
  readonly publicKey?: string
}

export interface RegisteredKey {
  readonly key: SigningKey
  /** PKCS #8 PEM, the content of Apple's `.p8` file; null when the caller brought a public key. */
  readonly privateKey: string | null
}

export class SigningKeys {
  readonly #keys = new Map<string, SigningKey>()
  readonly #current = new Set<SigningKey>()

  /**
   * Registers a key; the same team and key id again replace the key, and what the old one signed is worthless.
   *
   * @throws TypeError when `publicKey` is not a P-256 key in PEM
   */
  register(request: KeyRequest): RegisteredKey {
    const { publicKey, privateKey } = keyPairFor(request.publicKey)
    const key: SigningKey = {
      teamId: request.teamId ?? randomAccountId(),
      keyId: request.keyId ?? randomAccountId(),
      publicKey,
      bundleIds: request.bundleIds === undefined ? null : new Set(request.bundleIds),
      environment: request.environment ?? null,
      mintFloorSeconds: request.mintFloorSeconds ?? MINT_FLOOR_SECONDS,
    }
    this.revoke(key.teamId, key.keyId)
    this.#keys.set(nameOf(key.teamId, key.keyId), key)
    this.#current.add(key)
    return { key, privateKey }
  }

  /** Returns whether there was such a key. */
  revoke(teamId: string, keyId: string): boolean {
    const key = this.find(teamId, keyId)
    if (key !== undefined) this.#current.delete(key)
    return this.#keys.delete(nameOf(teamId, keyId))
  }

  find(teamId: string, keyId: string): SigningKey | undefined {
    return this.#keys.get(nameOf(teamId, keyId))
  }

  /** Whether the key has been neither revoked nor replaced. */
  isCurrent(key: SigningKey): boolean {
    return this.#current.has(key)
  }
}

function nameOf(teamId: string, keyId: string): string {
  return `${teamId}/${keyId}`
}

function keyPairFor(publicKeyPem: string | undefined): { publicKey: KeyObject; privateKey: string | null } {
  if (publicKeyPem === undefined) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return {
      publicKey: pair.publicKey,
      privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }
  const publicKey = readPem(publicKeyPem)
  if (publicKey?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new TypeError('public_key must be a P-256 key in PEM')
  }
  return { publicKey, privateKey: null }
}

function readPem(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}

/** Ten capitals and digits, as Apple's team and key ids are. */
function randomAccountId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  return Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')
}
