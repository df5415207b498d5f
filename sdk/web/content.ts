/**
 * What a signature vouches for: the content of a Web Push, put together again as the server did before it signed. Pure.
 * The form is docs/design/signed-messages.md; its vectors are the test.
 */

const VERSION = 'fanfare-content-1'
const NAMED = ['title', 'body', 'image', 'url'] as const
/** What is neither shown nor an option of the browser's. */
const OTHERS = ['data', 'fanfare_id', 'fanfare_seq', 'fanfare_sig', 'fanfare_unsubscribe']

export interface SignedContent {
  readonly fields: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, string>>
}

/** @param payload of the push, parsed */
export function contentOf(payload: Readonly<Record<string, unknown>>): SignedContent {
  const rest = Object.entries(payload).filter(([key]) => !(NAMED as readonly string[]).includes(key))
  const options = Object.fromEntries(rest.filter(([key]) => !OTHERS.includes(key)))
  const { title, body, image, url, data, fanfare_seq: seq, fanfare_unsubscribe: unsubscribe } = payload
  const fields = {
    ...{ title, body, image, url, unsubscribe },
    seq: typeof seq === 'number' ? String(seq) : seq,
    options: Object.keys(options).length === 0 ? undefined : canonicalJson(options),
  }
  return { fields: textsOf(fields), data: textsOf(isObject(data) ? data : {}) }
}

/** Names and values in the order of names, each as its length in bytes of UTF-8, a colon and itself. Empty fields are absent. */
export function canonicalContent({ fields, data }: SignedContent): string {
  const named = Object.entries(fields).filter(([, value]) => value !== '')
  const entries = [...named, ...Object.entries(data).map(([key, value]) => [`data.${key}`, value] as const)]
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const measured = entries.flat().map((text) => `${new TextEncoder().encode(text).length}:${text}`)
  return VERSION + measured.join('')
}

/** RFC 8785, of JSON that was parsed. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
