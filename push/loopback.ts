/** Names of this machine itself, where nothing can be listened to on the way. Pure. */

/** RFC 6761 §6.3 and RFC 5735 §3; RFC 4291 §2.5.3. As a URL spells them: other notations have become these. */
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/

/** @param hostname as `URL.hostname` gives it (lower case, IPv6 in brackets, numbers as four parts), or an IPv6 address */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname)
}
