/** What a caller's address counts as. Pure. */
import { isLoopback } from './loopback.ts'

/** An IPv4 address inside of IPv6 (RFC 4291 §2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const GROUPS_A_64 = 4
const GROUPS = 8

/**
 * Who shares a counter: an IPv4 address is itself, IPv6 counts by its /64, which is what one household or one machine
 * is given whole (RFC 6177). Text that is no address counts together with all other such text.
 *
 * @param address as `CF-Connecting-IP` has it; Cloudflare sets it and lets nobody else
 * @returns null: not counted. No address, or loopback: that is a platform that runs on somebody's own machine, where
 *   one address is everybody; on Cloudflare neither occurs.
 */
export function addressSubject(address: string | null): string | null {
  const plain = address && (MAPPED.exec(address)?.[1] ?? address)
  if (!plain || isLoopback(plain)) return null
  if (/^[\d.]+$/.test(plain)) return plain
  return prefixOf(plain.toLowerCase()) ?? 'unreadable'
}

/** `2001:db8::1` → `2001:db8:0:0::/64`. */
function prefixOf(address: string): string | null {
  if (!/^[\da-f:]+(?:\.[\d.]+)?$/.test(address)) return null
  const [head = '', tail, ...more] = address.split('::')
  if (more.length > 0) return null
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - front.length - back.length)
  const groups = [...front, ...Array<string>(zeros).fill('0'), ...back]
  if (groups.length < GROUPS_A_64) return null
  return `${groups
    .slice(0, GROUPS_A_64)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
