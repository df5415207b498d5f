/**
 * What every URL that a tenant gives us must be like before anybody is sent there, and which hosts are on the public
 * internet by their name. Web Push endpoints are held to a list beside this (endpoint-guard.ts); webhooks, which may be
 * anywhere, to the rules here. Pure: resolves no names, so a public name may still lead to a private address; who
 * connects asks again, see workers/jobs/resolve-host.ts.
 */
import { isPublicAddress } from './ip-address.ts'

/** Longest URL that is taken, in characters: what browsers and servers agree on. Push endpoints have 150 to 700. */
export const MAX_URL_CHARACTERS = 2048

/** A name whose labels are not empty, with more than one of them. A trailing dot is another spelling, and none we take. */
const HOST_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/

/** The second is where servers listen that may not open the first. Any other is more likely to be no web server. */
const WEBHOOK_PORTS: readonly string[] = ['', '8443']

/**
 * Names, and all below them, that mean something only where one stands: special use (RFC 6761, 6762, 7686, 8375, 9476),
 * ICANN's `internal`, and what private networks are commonly called (RFC 6762 appendix G).
 */
const LOCAL_NAMES: readonly string[] = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'onion',
  'alt',
  'test',
  'invalid',
  'example',
]

/** Hosts that an operator named, as {@link parseAllowedHosts} makes them. */
export type AllowedHosts = ReadonlySet<string>

type Refusal = { readonly ok: false; readonly detail: string }

export type OutboundUrlCheck = { readonly ok: true; readonly url: URL } | Refusal

export type WebhookUrlCheck =
  | {
      readonly ok: true
      /** As the URL Standard writes it. */
      readonly url: string
      /** The operator vouches for the host: where its name leads is not asked. */
      readonly named: boolean
    }
  | Refusal

/** Reads a list of the operator's: `host` or `host:port`, comma separated. A host without a port allows all its ports. */
export function parseAllowedHosts(list: string): AllowedHosts {
  const hosts = list.split(',').map((host) => host.trim().toLowerCase())
  return new Set(hosts.filter((host) => host !== ''))
}

/**
 * What holds for all of them: absolute, not too long, no user, no fragment, and an origin written the way the URL
 * Standard serialises it. Other spellings (upper case, decimal or octal addresses, tabs, percent-encoded dots) serve
 * only to deceive.
 *
 * @param noun what the caller calls it, for the sentence that says what is wrong
 */
export function readOutboundUrl(text: string, noun: string): OutboundUrlCheck {
  if (text.length > MAX_URL_CHARACTERS) return refuse(`The ${noun} is longer than ${MAX_URL_CHARACTERS} characters.`)
  const url = URL.parse(text)
  if (url === null) return refuse(`The ${noun} is not an absolute URL.`)
  if (url.username !== '' || url.password !== '') return refuse(`The ${noun} must not carry a user name or password.`)
  if (text.includes('#')) return refuse(`The ${noun} must not have a fragment.`)
  if (!text.startsWith(`${url.protocol}//${url.host}/`)) {
    return refuse(
      `The ${noun} must have its scheme and host in their canonical form, as a browser shows them, and a path.`,
    )
  }
  return { ok: true, url }
}

/** Whether the operator named the host, which then may be anywhere, over http too. */
export function isNamedByOperator(url: URL, allowed: AllowedHosts): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return allowed.has(url.hostname) || allowed.has(`${url.hostname}:${port}`)
}

/**
 * Whether Fanfare may POST events there: https to a public name on port 443 or 8443, or whatever the operator named.
 * Addresses are refused, public ones too: no certificate is made out to them, and Cloudflare does not connect to them.
 */
export function checkWebhookUrl(text: string, allowed: AllowedHosts): WebhookUrlCheck {
  const read = readOutboundUrl(text, 'URL')
  if (!read.ok) return read
  const { url } = read
  if (isNamedByOperator(url, allowed)) return { ok: true, url: url.href, named: true }
  if (url.protocol !== 'https:') return refuse('The URL must be an https URL.')
  if (!isPublicName(url.hostname)) {
    return refuse(`${url.hostname} is not a host name of the public internet. ${ASK_OPERATOR}`)
  }
  if (!WEBHOOK_PORTS.includes(url.port)) return refuse(`The port must be 443 or 8443, not ${url.port}. ${ASK_OPERATOR}`)
  return { ok: true, url: url.href, named: false }
}

const ASK_OPERATOR = 'The operator can allow a host in WEBHOOK_ALLOWED_HOSTS.'

/**
 * Whether a URL names a public host, by name or by address, however it is spelled. For what devices fetch and Fanfare
 * does not, such as images.
 */
export function namesPublicHost(text: string): boolean {
  const hostname = URL.parse(text)?.hostname ?? ''
  return isPublicName(hostname) || isPublicAddress(hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** The URL Standard has made an address of every number by now, so what ends in letters is a name. */
export function isPublicName(hostname: string): boolean {
  if (!HOST_NAME.test(hostname) || /\.\d+$/.test(hostname)) return false
  return !LOCAL_NAMES.some((name) => hostname === name || hostname.endsWith(`.${name}`))
}

function refuse(detail: string): Refusal {
  return { ok: false, detail }
}
