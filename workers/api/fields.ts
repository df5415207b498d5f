/**
 * Fields and parts of answers that several resources have in common, so that they mean and are checked the same
 * everywhere. Schemas and conversions only.
 */
import { z } from '@hono/zod-openapi'
import { isTopicName, TOPIC_NAME } from '../../push/topic-name.ts'
import { ApiProblem } from './problem.ts'

/** Longer than a UUID, an e-mail address or an OpenID subject; short enough for an index. */
const MAX_USER_ID_CHARACTERS = 256

export const userIdField = z.string().min(1).max(MAX_USER_ID_CHARACTERS).openapi({
  description: "The app's own id of the user; never interpreted.",
  example: 'user-42',
})

export const deviceIdField = z.string().openapi({
  description: 'The id of a device.',
  example: 'dev_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

export const notificationIdField = z.string().openapi({
  description: 'The id of a notification.',
  example: 'ntf_01kb3c8r9q4h7n2m5v8x1z6t3w0yd',
})

/** Checked by {@link requireTopicName}, which has a problem code of its own. */
export const topicField = z.string().openapi({
  description: 'The name of a topic.',
  pattern: TOPIC_NAME.source,
  example: 'news',
})

/** @throws ApiProblem `invalid_topic` that names the parameter */
export function requireTopicName(name: string, param: string): string {
  if (isTopicName(name)) return name
  throw new ApiProblem(
    'invalid_topic',
    'A topic name has 1 to 900 characters of a-z A-Z 0-9 - _ . ~ % and no others, and is not "." or "..".',
    { param },
  )
}

/** An instant as callers may write it: in any zone. */
export const instantInput = z.iso.datetime({
  offset: true,
  error: 'must be an instant in RFC 3339, such as 2026-12-01T09:00:00Z',
})

/** An instant as we write it. */
export const instantField = z.iso.datetime().openapi({
  description: 'RFC 3339, UTC.',
  example: '2026-12-01T09:00:00.000Z',
})

/** @param at epoch ms */
export function instantOf(at: number): string {
  return new Date(at).toISOString()
}

/** @param at epoch ms, or null for what has not happened */
export function instantOrNull(at: number | null): string | null {
  return at === null ? null : instantOf(at)
}

/** `?limit=&cursor=` of every list. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(500).default(100).openapi({ description: 'Rows a page.', example: 100 }),
  cursor: z.string().min(1).max(2048).optional().openapi({ description: '`next_cursor` of the page before.' }),
}

/** The shape of every list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    next_cursor: z.string().nullable().openapi({ description: 'null: this was the last page.' }),
  })
}

/** Whatever JSON object; what is in it is somebody else's to judge. */
export const jsonObjectField = z.record(z.string(), z.unknown())
