/**
 * Which IP addresses are on the public internet. A list of what is reserved for IPv4, of which most is public; for IPv6
 * the other way round, because only one block was ever given out. Pure; parses text, resolves no names.
 */

/** First and how many leading bits are the block's. */
type Block = readonly [first: string, bits: number]

/**
 * IANA's registry of special-purpose IPv4 addresses (RFC 6890), multicast and what is reserved, and one public address
 * that is not: https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
const RESERVED_V4: readonly Block[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private (RFC 1918)
  ['100.64.0.0', 10], // carrier-grade NAT (RFC 6598); some clouds' metadata
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's host, seen from its guests
  ['169.254.0.0', 16], // link-local; most clouds' metadata
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; some clouds' metadata
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays of 6to4, given up (RFC 7526)
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks (RFC 2544)
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]

/**
 * All that was given out as global unicast (RFC 4291 §2.4). Outside are loopback, mapped and compatible IPv4, NAT64,
 * unique local, link-local and multicast.
 */
const GLOBAL_V6: Block = ['2000::', 3]

/** What is in it all the same: https://www.iana.org/assignments/iana-ipv6-special-registry/ */
const RESERVED_V6: readonly Block[] = [
  ['2001::', 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: any IPv4 address inside
  ['3fff::', 20], // documentation (RFC 9637)
]

const DOTTED = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Whether the text is an address of the public internet. What is no address in its usual form is not. */
export function isPublicAddress(text: string): boolean {
  const v4 = parseV4(text)
  if (v4 !== null) return !RESERVED_V4.some((block) => isIn(v4, block, parseV4, 32))
  const v6 = parseV6(text)
  if (v6 === null || !isIn(v6, GLOBAL_V6, parseV6, 128)) return false
  return !RESERVED_V6.some((block) => isIn(v6, block, parseV6, 128))
}

function isIn(address: bigint, [first, bits]: Block, parse: (text: string) => bigint | null, width: number): boolean {
  const rest = BigInt(width - bits)
  return address >> rest === parse(first)! >> rest
}

/** Four decimal numbers without leading zeros: other spellings mean different things to different parsers. */
function parseV4(text: string): bigint | null {
  if (!DOTTED.test(text) || URL.parse(`http://${text}/`)?.hostname !== text) return null
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

/** The URL Standard knows IPv6 and no zones; it writes eight hexadecimal groups, the longest run of zeros as `::`. */
function parseV6(text: string): bigint | null {
  const host = text.includes(':') ? URL.parse(`http://[${text}]/`)?.hostname : undefined
  if (host === undefined) return null
  const [head = '', tail] = host.slice(1, -1).split('::')
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
