/**
 * Prefixed, sortable ids. Pure: the clock and the random bytes are arguments.
 *
 * An id is `prefix_` + 9 characters of time + 20 characters of randomness, in Crockford's base 32 (lower case),
 * so ids of one kind sort by the millisecond they were made in.
 */

/** The catalogue of entities. */
export type IdPrefix = 'app' | 'key' | 'dev' | 'ntf' | 'sec' | 'wh' | 'whd' | 'evt'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARACTERS = 9
/** 20 characters of 5 bits: 100 bits, taken from 20 random bytes. */
export const ID_RANDOM_BYTES = 20

/** @param random {@link ID_RANDOM_BYTES} random bytes, or the digest of something, to make the id a function of it */
export function makeId(prefix: IdPrefix, now: number, random: Uint8Array): string {
  return `${prefix}_${encodeTime(now)}${encodeTail(random)}`
}

/** The part of an id that does not depend on the time: what the object of a notification is named by. */
export function idTail(id: string): string {
  return id.slice(id.indexOf('_') + 1 + TIME_CHARACTERS)
}

/** Whether the text has the shape of an id of that kind. Untrusted text that has not is simply unknown. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && ID_BODY.test(text.slice(prefix.length + 1))
}

const ID_BODY = /^[0-9a-hjkmnp-tv-z]{29}$/

function encodeTime(now: number): string {
  let text = ''
  let rest = now
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    text = ALPHABET[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function encodeTail(random: Uint8Array): string {
  let text = ''
  for (let i = 0; i < ID_RANDOM_BYTES; i++) text += ALPHABET[random[i]! & 31]
  return text
}
