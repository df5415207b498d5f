/**
 * Where the egress may connect to: only where it was told. Pure; resolves no names, because the names are those of
 * push services, not of whoever registered a device.
 */

/** The push services of the world, for an egress that is told nothing else. A leading dot means every name below. */
export const WELL_KNOWN_HOSTS: readonly string[] = [
  'fcm.googleapis.com',
  'api.push.apple.com',
  'api.sandbox.push.apple.com',
  'web.push.apple.com',
  '.push.apple.com',
  '.push.services.mozilla.com',
  '.notify.windows.com',
]

export class AllowedHosts {
  readonly #origins = new Set<string>()
  readonly #suffixes: string[] = []

  /**
   * @param entries `host` or `host:port` (https), `.suffix` (every name below it, https on its own port), or an
   *   origin such as `http://127.0.0.1:8080`: the only way to allow plain http
   * @throws {TypeError} for an entry that is none of these
   */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      if (entry.startsWith('.')) this.#suffixes.push(entry.toLowerCase())
      else this.#origins.add(originOf(entry))
    }
  }

  allows(origin: string): boolean {
    if (this.#origins.has(origin)) return true
    const url = URL.parse(origin)
    if (url === null || url.origin !== origin || url.protocol !== 'https:' || url.port !== '') return false
    return this.#suffixes.some((suffix) => url.hostname.endsWith(suffix) && url.hostname.length > suffix.length)
  }
}

function originOf(entry: string): string {
  const url = URL.parse(entry.includes('://') ? entry : `https://${entry}`)
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (!isOrigin || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(`${JSON.stringify(entry)} is neither host[:port], .suffix nor http(s)://host[:port]`)
  }
  return url.origin
}
