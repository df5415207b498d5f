/**
 * Secrets and personal texts that have no shape of their own, remembered as the tests meet them: fields of bodies that go
 * through the API, and every key that WebCrypto is given or gives out. For the ears in overheard.ts.
 */

/** Shorter texts are in too much that is no secret. */
const LEAST_CHARACTERS = 8

/** What is secret or personal in bodies of the API, by its field, whatever it is in. */
const FIELDS: Readonly<Record<string, string>> = {
  token: 'a device token',
  endpoint: 'an endpoint of Web Push',
  auth: 'a secret of a Web Push subscription',
  private_key: 'a private key',
  secret: 'a secret',
  key: 'a key',
  device_key: 'a device key',
  attestation: 'the word of a client for its attestation',
  confirmation: 'the confirmation of a send',
  title: 'the text of a message',
  body: 'the text of a message',
}

/** By its text. */
const canaries = new Map<string, string>()

export function remember(kind: string, text: string): void {
  if (text.length >= LEAST_CHARACTERS) canaries.set(text, kind)
}

/** Bytes may be written down in different ways. */
export function rememberBytes(kind: string, bytes: Uint8Array): void {
  const base64 = btoa(String.fromCharCode(...bytes))
  const base64url = base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  for (const text of [base64, base64url, hex]) remember(kind, text)
}

/** What is secret in a body, a question's or an answer's: a value, JSON, or lines of JSON, however deep. */
export function rememberBody(body: unknown): void {
  const unread: unknown[] = typeof body === 'string' ? body.split('\n').map(parse) : [body]
  while (unread.length > 0) {
    const next = unread.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const [field, value] of Object.entries(next)) {
      if (typeof value !== 'string') unread.push(value)
      else if (!isTitleOfProblem(next, field)) rememberField(field, value)
    }
  }
}

/** Of a problem (RFC 9457) it is no message's. */
function isTitleOfProblem(body: object, field: string): boolean {
  return field === 'title' && 'request_id' in body
}

function rememberField(field: string, value: string): void {
  if (Object.hasOwn(FIELDS, field)) remember(FIELDS[field]!, value)
  // Who knows the path of a webhook can post to it; its host is no secret.
  else if (field === 'url' && URL.canParse(value)) remember('the path of a URL', new URL(value).pathname)
}

/** The kinds of those in a text, each once. */
export function canariesIn(text: string): string[] {
  const found = [...canaries].filter(([canary]) => text.includes(canary)).map(([, kind]) => kind)
  return [...new Set(found)]
}

/** Null: it is no JSON. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
