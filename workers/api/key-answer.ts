/** An API key as the API shows it. Schemas and conversions only. */
import { z } from '@hono/zod-openapi'
import type { ApiKeyRow } from '../../schema/d1/api-keys.ts'
import { instantField, instantOf, instantOrNull } from './fields.ts'

export const keyIdField = z
  .string()
  .openapi({ description: 'The id of a key.', example: 'key_01kb3c8r9q4h7n2m5v8x1z6t3w0yd' })

export const roleField = z.string().openapi({
  description:
    'admin: everything in the app. sender: a backend that sends. analyst: reads numbers. client: registers devices; ' +
    'it is public and is shipped inside apps. Or a role of the app’s own: `GET /v1/apps/{app}/roles` lists all.',
  example: 'sender',
})

export const keyAnswer = z
  .object({
    id: keyIdField,
    role: roleField,
    name: z.string().nullable(),
    created_at: instantField,
    expires_at: instantField.nullable(),
    revoked_at: instantField.nullable(),
    last_used_at: instantField.nullable().openapi({ description: 'To within ten minutes; null: never.' }),
    replaces: z.string().nullable().openapi({ description: 'The key that this one took the place of, by rotation.' }),
    replaced_by: z.string().nullable().openapi({ description: 'The key that took the place of this one.' }),
  })
  .openapi('Key')

export const madeKeyAnswer = keyAnswer
  .extend({
    key: z.string().openapi({
      description:
        'Shown once. `sk_…`; `pk_…` for role client, and any other that may do nothing but register devices.',
      example: 'sk_7Yq2mX0cVbN5tRw8ZpLk3HsDf6Jg9AeU1oCiTz',
    }),
  })
  .openapi('NewKeyMade')

export function keyToWire(row: ApiKeyRow): z.infer<typeof keyAnswer> {
  return {
    id: row.id,
    role: row.role,
    name: row.name,
    created_at: instantOf(row.createdAt),
    expires_at: instantOrNull(row.expiresAt),
    revoked_at: instantOrNull(row.revokedAt),
    last_used_at: instantOrNull(row.lastUsedAt),
    replaces: row.replaces,
    replaced_by: row.replacedBy,
  }
}
