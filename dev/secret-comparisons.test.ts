/**
 * Where the sources compare secrets, MACs and hashes of keys, and that each such place does it in constant time. Reads the
 * sources as text: it finds a comparison by what its operands are called, and says nothing of one that calls them otherwise.
 * That the comparison itself is constant in time is test/security/key-comparison.test.ts's.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './root.ts'

/** What runs where a stranger can measure it. */
const FOLDERS = ['push', 'workers', 'durable-objects', 'schema', 'egress']

/** What compares in constant time: our own, the platform's for MACs and signatures, and Node's in the egress. */
const IN_CONSTANT_TIME = /(?<!function )\b(equalInConstantTime|crypto\.subtle\.verify|timingSafeEqual)\(/g

/** Every place that does. Whoever takes one away says here what became of it. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  // A device key against the one that we would make.
  'push/device-key.ts': ['equalInConstantTime'],
  // The hash of a bearer against those of the root keys.
  'push/root-key.ts': ['equalInConstantTime'],
  // The MAC of a link.
  'push/unsubscribe-link.ts': ['equalInConstantTime'],
  // The MAC of a confirmation.
  'push/confirmation.ts': ['crypto.subtle.verify'],
  // A key against itself: does its public half fit.
  'push/credential-check.ts': ['crypto.subtle.verify'],
  // The hash of an API key against the one that was found by it.
  'workers/api/authenticate.ts': ['equalInConstantTime'],
  // The digest of the Worker's key.
  'egress/door.ts': ['timingSafeEqual'],
}

/** A comparison that ends at the first difference, with what is on either side: a name, its members, a call. */
const COMPARISON = /([\w$.?!]+(?:\((?:[^()]|\([^()]*\))*\))?)\)?\s*[!=]==?\s*\(?(?:await\s+)?([\w$.?!'"`-]+)/g
/** The last word of a name that holds something to be kept, or a proof of it; also of a function that makes one. */
const TELLING = /(?:mac|hash|digest|key|signature|secret|bearer|password|proof)(?:Of)?[?!]*$/i
const MAKES_ONE = /^(?:mac|hash|digest|sign)(?:[A-Z]\w*)?$/
const LITERAL = /^(?:null|undefined|true|false|-?\d.*|['"`].*)$/

/** Those that need no constant time, each with the reason. */
const PUBLIC: Readonly<Record<string, readonly string[]>> = {
  // Whoever verifies a chain has all of it.
  'push/audit-verification.ts': [
    'place.hash, BEGINNING.hash',
    'pruned.hash, anchor.hash',
    'row.previous_hash, last.hash',
    'hashOf(row, sha256), place.hash',
    'place.hash, known.last.hash',
    'noted.hash, last.hash',
  ],
  // Whoever asks has what was signed, and the signature was verified before.
  'push/message-signature.ts': ['claims.dig, digestContent'],
  // Of a text and the same text spelled anew, before it is verified.
  'push/confirmation.ts': ['base64url.encode(bytes), mac'],
  // Of two bodies that the same app sent.
  'push/kept-send.ts': ['kept.bodyHash, bodyHash'],
  'durable-objects/notification.ts': ['known.bodyHash, bodyHash'],
  // Of an address before and after a change by who has both.
  'schema/d1/devices.ts': ['row.addressHash, was.addressHash'],
}

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${folder}/${path.replaceAll('\\', '/')}`,
  ),
)
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

/** What of every source there is something of, by its path. */
function byPath(find: (text: string) => string[]): Record<string, string[]> {
  const found = sources.map(({ path, text }) => [path, find(text)] as const)
  return Object.fromEntries(found.filter(([, those]) => those.length > 0))
}

/** The comparisons of a text that give away where the first difference is, of what is called like a secret. */
function earlyExits(text: string): string[] {
  return [...text.matchAll(COMPARISON)]
    .map(([, left, right]) => [left!, right!])
    .filter((sides) => sides.some(isTelling) && !sides.some((side) => LITERAL.test(side)))
    .map((sides) => sides.join(', '))
}

/** A member tells by its own name, a call by its function's. */
function isTelling(side: string): boolean {
  const name = side.split('(')[0]!.split('.').at(-1)!
  return TELLING.test(name) || MAKES_ONE.test(name)
}

describe('secrets, MACs and hashes of keys', () => {
  it('are compared in constant time, in these places', () => {
    expect(sources.length).toBeGreaterThan(300)
    expect(byPath((text) => [...text.matchAll(IN_CONSTANT_TIME)].map(([, how]) => how!))).toEqual(PLACES)
  })

  it('are compared in no other way, but where everybody may know both sides', () => {
    expect(byPath(earlyExits)).toEqual(PUBLIC)
  })
})

describe('a comparison that ends early is found', () => {
  it.each([
    ['return key === text'],
    ['if (row === null || row.keyHash !== keyHash) throw'],
    ['found = shown === known.macOf(said) || found'],
    ['if (mac === (await macOf(key, said))) return true'],
    ['const isKnown = digestOf(key) === this.#keyDigest'],
    ['return (await sign(key, text)) === given'],
    ['return base64url.encode(await macOf(key, text)) === mac'],
    ['if (\n  signature ==\n  other\n)'],
    ['given!.secret === wanted'],
  ])('in %j', (text) => {
    expect(earlyExits(text)).toHaveLength(1)
  })

  it.each([
    ["caller.kind === 'key'"],
    ['key !== null'],
    ['device.slot === key.slot'],
    ['bytes.length === KEY_BYTES'],
    ['equalInConstantTime(row.keyHash, keyHash)'],
    ['const key = keyOf(app)'],
  ])('but not in %j', (text) => {
    expect(earlyExits(text)).toEqual([])
  })
})
