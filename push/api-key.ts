/**
 * API keys as text: made and recognised. Pure: the random bytes are an argument.
 *
 * `sk_` (secret) or `pk_` (public, role client) + 32 characters of randomness + their checksum (key-text.ts).
 */
import { CHECKSUM_CHARACTERS, hasChecksum, RANDOM_CHARACTERS, randomCharacters, withChecksum } from './key-text.ts'
import type { Role } from './roles.ts'

const API_KEY = new RegExp(`^[sp]k_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)

/** @param random KEY_RANDOM_BYTES (key-text.ts) random bytes */
export function makeApiKey(role: Role, random: Uint8Array): string {
  return withChecksum(`${role === 'client' ? 'pk' : 'sk'}_${randomCharacters(random)}`)
}

/** Whether the text is an API key that we could have made. Says nothing about whether it is known. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text) && hasChecksum(text)
}
