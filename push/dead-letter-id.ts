/**
 * The id of a dead letter: where it stands, so that no table has to map one to the other. Pure.
 *
 * `dlq_` + the 29 characters of its notification's id + ledger, ticket and ordinal in fixed width, in the alphabet of
 * all ids: dead letters sort by the time of their notification. The object of a notification is named by its app, so
 * an id that another app was given leads to an object that is empty.
 */
import { isId } from './ids.ts'

/** Where in which ledger a recipient stands. */
export interface DeadLetterPlace {
  readonly notificationId: string
  /** The number of the topic's shard; null: a send to users or devices, which has one ledger. */
  readonly shard: number | null
  readonly ticket: number
  readonly ordinal: number
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 2^20 shards, 2^25 tickets, 2^10 ordinals: each far more than one can be made of. */
const WIDTHS = [4, 5, 2] as const
const SHAPE = /^dlq_(.{29})(.{4})(.{5})(.{2})$/
const ALPHABET_ONLY = /^[0-9a-hjkmnp-tv-z]+$/

export function makeDeadLetterId({ notificationId, shard, ticket, ordinal }: DeadLetterPlace): string {
  const numbers = [shard === null ? 0 : shard + 1, ticket, ordinal]
  const place = numbers.map((number, index) => encode(number, WIDTHS[index]!)).join('')
  return `dlq_${notificationId.slice(notificationId.indexOf('_') + 1)}${place}`
}

/** Null for text that is no id of a dead letter. Whether there is one is for its ledger to say. */
export function readDeadLetterId(text: string): DeadLetterPlace | null {
  const [, notification, ...place] = SHAPE.exec(text) ?? []
  if (notification === undefined || !place.every((part) => ALPHABET_ONLY.test(part))) return null
  const notificationId = `ntf_${notification}`
  if (!isId('ntf', notificationId)) return null
  const [shard, ticket, ordinal] = place.map(decode) as [number, number, number]
  return { notificationId, shard: shard === 0 ? null : shard - 1, ticket, ordinal }
}

/** @throws RangeError when the number does not fit */
function encode(number: number, width: number): string {
  let text = ''
  let rest = number
  for (let i = 0; i < width; i++) {
    text = ALPHABET[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  if (rest !== 0) throw new RangeError(`${number} does not fit the id of a dead letter`)
  return text
}

function decode(text: string): number {
  let number = 0
  for (const character of text) number = number * 32 + ALPHABET.indexOf(character)
  return number
}
