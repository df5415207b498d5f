/**
 * Which URLs a Web Push endpoint may name. The endpoint comes from a client and we POST to it, so everything is
 * refused that is not on a list: no loopback, private, link-local or metadata address can be reached in any
 * spelling, because no address is on the list. Asked at the door, and again before each send. Pure; resolves no names.
 */
import { type AllowedHosts, isNamedByOperator, readOutboundUrl } from './outbound-url.ts'

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

export type EndpointCheck =
  | { readonly ok: true /** The endpoint as the URL Standard writes it. */; readonly endpoint: string }
  | { readonly ok: false; readonly detail: string }

/**
 * Whether Fanfare may POST to this endpoint: https on the default port to a well-known service, or http or https to
 * a host in `allowed`, which is WEBPUSH_ALLOWED_HOSTS.
 */
export function checkEndpoint(endpoint: string, allowed: AllowedHosts): EndpointCheck {
  const read = readOutboundUrl(endpoint, 'endpoint')
  if (!read.ok) return read
  const { url } = read
  if (isNamedByOperator(url, allowed)) return { ok: true, endpoint: url.href }
  if (url.protocol !== 'https:') return refuse('The endpoint must be an https URL.')
  if (url.port === '' && isWellKnown(url.hostname)) return { ok: true, endpoint: url.href }
  return refuse(
    `${url.host} is not a push service that Fanfare knows. The operator can allow it in WEBPUSH_ALLOWED_HOSTS.`,
  )
}

function isWellKnown(hostname: string): boolean {
  if (!HOST_NAME.test(hostname)) return false
  return WELL_KNOWN_HOSTS.some((known) => (known.startsWith('.') ? hostname.endsWith(known) : hostname === known))
}

function refuse(detail: string): EndpointCheck {
  return { ok: false, detail }
}
