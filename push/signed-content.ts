/**
 * What the signature of a push vouches for beside its id, its device and its time: the content, as one text that every
 * platform can put together again from what it got. Pure; which part of a payload is which is read-signed-content.ts.
 * Frozen as version 1 and written down for other SDKs in docs/design/signed-messages.md.
 */
import { base64url } from 'jose'

/** What of a push may be shown or acted on. Absent is the same as empty, because FCM does not carry the difference. */
export interface SignedContent {
  readonly title?: string
  readonly body?: string
  readonly image?: string
  readonly url?: string
  /** `fanfare_seq`, in digits. */
  readonly seq?: string
  /** Web Push: the browser's own options, all other members of the payload, as canonical JSON (RFC 8785). */
  readonly options?: string
  readonly data: Readonly<Record<string, string>>
}

const VERSION = 'fanfare-content-1'
const FIELDS = ['title', 'body', 'image', 'url', 'seq', 'options'] as const
/** `fanfare_unsubscribe` differs from device to device, so it is no part of the content that a ticket has in common. */
const UNSUBSCRIBE = 'unsubscribe'

const encoder = new TextEncoder()

/**
 * The version, then every name and value: each is its length in bytes of UTF-8, a colon and itself. Sorted by name, in
 * the order of UTF-16 code units as in RFC 8785, and unambiguous without any escaping.
 *
 * @param unsubscribe the link that the push carries; null: none
 */
export function canonicalContent(content: SignedContent, unsubscribe: string | null): string {
  const entries = Object.entries(content.data).map(([key, value]): [string, string] => [`data.${key}`, value])
  for (const name of FIELDS) if (content[name]) entries.push([name, content[name]])
  if (unsubscribe !== null) entries.push([UNSUBSCRIBE, unsubscribe])
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return VERSION + entries.flat().map(measured).join('')
}

/** base64url of SHA-256 over the canonical text. */
export async function digestContent(content: SignedContent, unsubscribe: string | null): Promise<string> {
  const bytes = encoder.encode(canonicalContent(content, unsubscribe))
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

function measured(text: string): string {
  return `${encoder.encode(text).length}:${text}`
}
