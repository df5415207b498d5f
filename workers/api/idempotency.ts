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

/** Of a parsed body, whose fields are in the order of its schema: equal requests have equal digests. */
export async function hashBody(body: object): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
