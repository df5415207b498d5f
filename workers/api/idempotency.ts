/** The `Idempotency-Key` of requests that send: its header, and the digest that tells a repetition from another body. */
import { z } from '@hono/zod-openapi'
import { base64url } from 'jose'

const MAX_IDEMPOTENCY_KEY_CHARACTERS = 255

export const idempotencyKeyHeader = z.object({
  'idempotency-key': z.string().min(1).max(MAX_IDEMPOTENCY_KEY_CHARACTERS).optional().openapi({
    description: 'Any text of yours that is unique to this send, such as a UUID.',
    example: '6d5f7c1e-8a0f-4a3e-9a57-0f5a4c9d2b11',
  }),
})

/** Of a parsed body: equal requests have equal digests, in whatever order a sender's language writes the keys of a map. */
export async function hashBody(body: object): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(body, inOrder))
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
