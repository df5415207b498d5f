/** From the body of POST /v1/dead-letters/replay to what is asked for, or a problem that names the field. Pure. */
import { z } from '@hono/zod-openapi'
import { type DeadLetterPlace, readDeadLetterId } from '../../push/dead-letter-id.ts'
import { deadLetterIdField } from './dead-letter-answer.ts'
import { notificationIdField } from './fields.ts'
import { ApiProblem } from './problem.ts'
import type { ReplayGroup } from './replay-dead-letters.ts'

/** Dead letters that a request may name: its notifications keep their places, 20 kB in all. */
const MAX_IDS = 1000
/** Notifications that they may be of: each is looked at and answered for within the request. */
const MAX_NOTIFICATIONS = 50

export const replayBody = z
  .strictObject({
    notification_id: notificationIdField.optional(),
    ids: z.array(deadLetterIdField).min(1).max(MAX_IDS).optional(),
  })
  .openapi('ReplayRequest', {
    description: 'Exactly one of `notification_id` (all its dead letters) and `ids`.',
    example: { notification_id: 'ntf_01kb3c8r9q4h7n2m5v8x1z6t3w0yd' },
  })

export type ReplayBody = z.infer<typeof replayBody>

/** @throws ApiProblem `validation_failed`, or `not_found` for an id that cannot be one */
export function readReplay(body: ReplayBody): ReplayGroup[] {
  if ((body.notification_id === undefined) === (body.ids === undefined)) {
    throw new ApiProblem('validation_failed', 'The body must have exactly one of notification_id and ids.', {
      param: '',
    })
  }
  if (body.notification_id !== undefined) return [{ of: body.notification_id, places: null }]
  const places = new Map(body.ids?.map((id, index) => [id, readId(id, index)])).values()
  const groups = Map.groupBy(places, ({ notificationId }) => notificationId)
  if (groups.size > MAX_NOTIFICATIONS) {
    const detail = `The ids are of ${groups.size} notifications; the limit is ${MAX_NOTIFICATIONS}. Send them in parts.`
    throw new ApiProblem('validation_failed', detail, { param: '/ids' })
  }
  return [...groups].map(([of, own]) => ({
    of,
    places: own.map(({ shard, ticket, ordinal }) => ({ shard, ticket, ordinal })),
  }))
}

function readId(id: string, index: number): DeadLetterPlace {
  const place = readDeadLetterId(id)
  if (place !== null) return place
  throw new ApiProblem('not_found', `There is no dead letter ${id} in this app.`, { param: `/ids/${index}` })
}
