/**
 * docs/errors.md is complete: every code the API can answer stands there with its status and its advice, and every
 * reason a delivery can have that is a word of ours or a word this code knows.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from '../workers/api/problem.ts'

const ROOT = join(import.meta.dirname, '..')
const [aboutCodes, aboutReasons] = read('docs/errors.md').split('## Reasons of deliveries') as [string, string]
const codes = rowsIn(aboutCodes.slice(aboutCodes.indexOf('## Codes')))
const reasons = rowsIn(aboutReasons)

describe('docs/errors.md', () => {
  it.each(Object.entries(PROBLEMS))('has the code %s with its status and its advice', (code, { status, retry }) => {
    expect(codes.get(code)?.slice(0, 2)).toEqual([String(status), retry])
  })

  it('has no code that the API does not know', () => {
    expect([...codes.keys()].filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([])
  })

  it('has every reason for which no answer came', () => {
    const union = /export type NoAnswerReason =([\s\S]*?)\n\n/.exec(read('push/outcome.ts'))![1]!
    expect(missing(wordsIn(union, /'([a-z_]+)'/g))).toEqual([])
  })

  it.each(['push/providers/apns/outcome.ts', 'push/providers/fcm/outcome.ts'])(
    'has every word of the table in %s',
    (file) => {
      expect(missing(wordsIn(read(file), /^ {2}\['(\w+)', '\w+'\],$/gm))).toEqual([])
    },
  )

  it.each([
    'no_credentials',
    'app_deleted',
    'credentials_unreadable',
    'left_audience',
    'credential_replaced',
    'not_prepared',
    'unconfirmed',
    'endpoint_not_allowed',
    'vapid_key_mismatch',
    'UnauthorizedRegistration',
    'http_<status>',
    'edge_<status>',
    'errno_<number>',
    'token_http_<status>',
  ])('has our reason %s', (reason) => {
    expect(reasons.has(reason)).toBe(true)
  })
})

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The tables' rows by the word in backticks that they begin with; the other cells as text. */
function rowsIn(markdown: string): Map<string, string[]> {
  const rows = [...markdown.matchAll(/^\| `([^`]+)` +\|(.*)$/gm)]
  return new Map(rows.map(([, word, rest]) => [word!, rest!.split('|').map((cell) => cell.trim())]))
}

function wordsIn(source: string, pattern: RegExp): string[] {
  const words = [...source.matchAll(pattern)].map(([, word]) => word!)
  expect(words.length).toBeGreaterThan(5)
  return words
}

function missing(words: readonly string[]): string[] {
  return words.filter((word) => !reasons.has(word))
}
