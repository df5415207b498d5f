/** Subscribing and unsubscribing up to a thousand devices at once: body, answer and the sequence of writes. */
import { z } from '@hono/zod-openapi'
import type { Device } from '../../schema/d1/device-table.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { addMemberships, removeMemberships } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'
import { deviceIdField } from './fields.ts'
import { carryToTopic } from './memberships.ts'

/** What fits one comfortable request; the same as FCM's. */
const MAX_MEMBERS = 1000

const idsField = z.array(deviceIdField).max(MAX_MEMBERS).optional()

export const membershipBody = z
  .strictObject({ add: idsField, remove: idsField })
  .superRefine(({ add = [], remove = [] }, context) => {
    const count = add.length + remove.length
    if (count === 0) context.addIssue({ code: 'custom', message: 'add and remove name no device' })
    if (count > MAX_MEMBERS) {
      context.addIssue({ code: 'custom', message: `add and remove name ${count} devices; ${MAX_MEMBERS} are taken` })
    }
    const added = new Set(add)
    remove.forEach((id, index) => {
      if (added.has(id)) context.addIssue({ code: 'custom', path: ['remove', index], message: 'is in add as well' })
    })
  })
  .openapi('MembershipChange', { example: { add: ['dev_01kb3c8r9q4h7n2m5v8x1z6t3w0yd'], remove: [] } })

type MembershipBody = z.infer<typeof membershipBody>

const memberResult = z.object({
  id: deviceIdField,
  result: z.enum(['added', 'removed', 'not_found']).openapi({
    description: '`added` and `removed` also for devices that were in, or out, before.',
  }),
})

export const membershipAnswer = z
  .object({ results: z.array(memberResult).openapi({ description: 'In the order asked: `add`, then `remove`.' }) })
  .openapi('MembershipAnswer')

type MemberResult = z.infer<typeof memberResult>

/** D1 first, then the shards; doing it again completes what was interrupted. @param now epoch ms */
export async function changeMembers(
  env: Env,
  appId: string,
  topic: string,
  { add = [], remove = [] }: MembershipBody,
  now: number,
): Promise<MemberResult[]> {
  const db = databaseOf(env, appId)
  const found = await readDevices(db, appId, [...add, ...remove])
  const known = new Map(found.map((device) => [device.id, device]))
  const joining = pick(known, add)
  const leaving = pick(known, remove)
  if (joining.length > 0) {
    await addMemberships(db, appId, topic, joining.map(idOf), now)
    await carryToTopic(env, appId, topic, joining, true)
  }
  if (leaving.length > 0) {
    await removeMemberships(db, appId, topic, leaving.map(idOf))
    await carryToTopic(env, appId, topic, leaving, false)
  }
  const resultOf = (id: string, result: 'added' | 'removed'): MemberResult => {
    return { id, result: known.has(id) ? result : 'not_found' }
  }
  return [...add.map((id) => resultOf(id, 'added')), ...remove.map((id) => resultOf(id, 'removed'))]
}

function pick(known: ReadonlyMap<string, Device>, ids: readonly string[]): Device[] {
  return [...new Set(ids)].flatMap((id) => known.get(id) ?? [])
}

function idOf(device: Device): string {
  return device.id
}
