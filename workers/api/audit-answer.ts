/** A row and the head of an audit log as the API shows them. Schemas only: a row is answered as it is kept and hashed. */
import { z } from '@hono/zod-openapi'
import { AUDIT_OUTCOMES } from '../../push/audit-entry.ts'
import { instantField, jsonObjectField } from './fields.ts'

const sequenceField = z.int().openapi({ description: 'Counts from 1, without gaps.', example: 1_284 })

const hashField = z.string().openapi({
  description: 'SHA-256, in hex.',
  example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
})

const actorAnswer = z.object({
  kind: z.enum(['root', 'key', 'token', 'device', 'system']),
  id: z.string().nullable().openapi({ description: 'Of a key or a device.' }),
  name: z.string().nullable().openapi({ description: 'The key’s name at the time.' }),
  role: z.string().nullable(),
  user_id: z.string().nullable().openapi({ description: 'The user that a token is bound to.' }),
})

const originAnswer = z.object({
  ip: z.string().nullable(),
  country: z.string().nullable(),
  asn: z.int().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
})

export const auditRowAnswer = z
  .object({
    sequence: sequenceField,
    log: z.string().openapi({ description: 'The app, or `operator`.' }),
    at: instantField,
    action: z.string().openapi({ description: 'The name of a call, or of an event.', example: 'revokeKey' }),
    target: z.string().nullable().openapi({ description: 'What it was about.' }),
    actor: actorAnswer,
    origin: originAnswer,
    outcome: z.enum(AUDIT_OUTCOMES).openapi({
      description:
        'done; refused: nothing was done; failed: a part may be done; unknown: it began, and nobody said how it ended; ' +
        'noticed: no call, but something to know.',
    }),
    status: z.int().nullable().openapi({ description: 'The HTTP status that was answered.' }),
    code: z.string().nullable().openapi({ description: 'The code of the problem that was answered.' }),
    before: jsonObjectField.nullable().openapi({ description: 'What it was.' }),
    after: jsonObjectField.nullable().openapi({ description: 'What it is now.' }),
    previous_hash: hashField,
    hash: hashField.openapi({ description: 'SHA-256 of the row without this field, as canonical JSON (RFC 8785).' }),
  })
  .openapi('AuditRow')

export const auditHeadAnswer = z
  .object({ sequence: sequenceField, hash: hashField, at: instantField.nullable() })
  .openapi('AuditHead')
