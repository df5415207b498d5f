/**
 * Which URLs a Web Push endpoint may name. The endpoint comes from a client and we POST to it, so everything is
 * refused that is not on a list: no loopback, private, link-local or metadata address can be reached in any
 * spelling, because no address is on the list. Asked at the door, and again before each send. Pure; resolves no names.
 */

/** Longest endpoint that is taken, in characters. Those in the field have 150 to 700. */
export const MAX_ENDPOINT_CHARACTERS = 2048

/**
 * The push services of the browsers: FCM (Chrome and its kin), Mozilla autopush, Apple, WNS (Edge).
 * A leading dot means every name below.
 */
const WELL_KNOWN_HOSTS = [
  'fcm.googleapis.com',
  '.push.services.mozilla.com',
  '.push.apple.com',
  '.notify.windows.com',
] as const

/** A name whose labels are not empty: `.push.apple.com` alone and a trailing dot are not names of a service. */
const HOST_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/

/** Hosts that an operator allowed beside the well-known ones, as {@link parseAllowedHosts} makes them. */
export type AllowedHosts = ReadonlySet<string>

export type EndpointCheck =
  | { readonly ok: true /** The endpoint as the URL Standard writes it. */; readonly endpoint: string }
  | { readonly ok: false; readonly detail: string }

/** Reads `WEBPUSH_ALLOWED_HOSTS`: `host` or `host:port`, comma separated. A host without a port allows all its ports. */
export function parseAllowedHosts(list: string): AllowedHosts {
  const hosts = list.split(',').map((host) => host.trim().toLowerCase())
  return new Set(hosts.filter((host) => host !== ''))
}

/**
 * Whether Fanfare may POST to this endpoint: https on the default port to a well-known service, or http or https to
 * a host in `allowed`. The origin has to be written the way the URL Standard serialises it, as every browser does:
 * other spellings (upper case, decimal or octal addresses, tabs, percent-encoded dots) serve only to deceive.
 */
export function checkEndpoint(endpoint: string, allowed: AllowedHosts): EndpointCheck {
  if (endpoint.length > MAX_ENDPOINT_CHARACTERS) {
    return refuse(`The endpoint is longer than ${MAX_ENDPOINT_CHARACTERS} characters.`)
  }
  const url = URL.parse(endpoint)
  if (url === null) return refuse('The endpoint is not an absolute URL.')
  if (url.username !== '' || url.password !== '') return refuse('The endpoint must not carry a user name or password.')
  if (endpoint.includes('#')) return refuse('The endpoint must not have a fragment.')
  if (!endpoint.startsWith(`${url.protocol}//${url.host}/`)) {
    return refuse('The endpoint must be written as the browser gave it: scheme and host in their canonical form.')
  }
  if (isAllowed(url, allowed)) return { ok: true, endpoint: url.href }
  if (url.protocol !== 'https:') return refuse('The endpoint must be an https URL.')
  if (url.port === '' && isWellKnown(url.hostname)) return { ok: true, endpoint: url.href }
  return refuse(
    `${url.host} is not a push service that Fanfare knows. The operator can allow it in WEBPUSH_ALLOWED_HOSTS.`,
  )
}

function isAllowed(url: URL, allowed: AllowedHosts): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return allowed.has(url.hostname) || allowed.has(`${url.hostname}:${port}`)
}

function isWellKnown(hostname: string): boolean {
  if (!HOST_NAME.test(hostname)) return false
  return WELL_KNOWN_HOSTS.some((known) => (known.startsWith('.') ? hostname.endsWith(known) : hostname === known))
}

function refuse(detail: string): EndpointCheck {
  return { ok: false, detail }
}
