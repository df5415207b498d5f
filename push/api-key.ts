/**
 * API keys as text: made and recognised. Pure: the random bytes are an argument.
 *
 * `sk_` (secret) or `pk_` (public: it may be shipped inside apps) + 32 characters of randomness + their checksum (key-text.ts).
 */
import { CHECKSUM_CHARACTERS, hasChecksum, RANDOM_CHARACTERS, randomCharacters, withChecksum } from './key-text.ts'

const API_KEY = new RegExp(`^[sp]k_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)

/** @param isPublic see push/rights.ts @param random KEY_RANDOM_BYTES (key-text.ts) random bytes */
export function makeApiKey(isPublic: boolean, random: Uint8Array): string {
  return withChecksum(`${isPublic ? 'pk' : 'sk'}_${randomCharacters(random)}`)
}

/** Whether it is one that was made to be seen. */
export function isPublicKey(key: string): boolean {
  return key.startsWith('pk_')
}

/** Whether the text is an API key that we could have made. Says nothing about whether it is known. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text) && hasChecksum(text)
}
