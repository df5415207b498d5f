/** Quarantine: devices that were called dead when so many were that it was not believed. Seeing and deciding. */
import { createRoute, z } from '@hono/zod-openapi'
import { PLATFORMS } from '../../push/device.ts'
import { confirmQuarantined, listQuarantined, type QuarantineKey } from '../../schema/d1/device-quarantine.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { reviveDevices } from '../jobs/revive.ts'
import { allow } from './auth.ts'
import { appIdOf } from './caller.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { deviceAnswer, deviceToWire } from './device-body.ts'
import { deviceIdField, pageFields, pageOf } from './fields.ts'
import { leaveOwnTopics } from './memberships.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Quarantine']

/** Devices decided about in one call. */
const MAX_DEVICES = 1_000

const platformField = z.enum(PLATFORMS).openapi({ description: 'Only those of this push service.' })

const decisionBody = z
  .strictObject({ platform: platformField.optional(), ids: z.array(deviceIdField).min(1).max(MAX_DEVICES).optional() })
  .refine(({ platform, ids }) => platform === undefined || ids === undefined, {
    error: 'platform and ids exclude each other',
  })
  .openapi('QuarantineDecision', {
    description: `These devices, or those of a push service; neither: all. Up to ${MAX_DEVICES} a call.`,
    example: { platform: 'apns' },
  })

type DecisionBody = z.infer<typeof decisionBody>

const decisionAnswer = z
  .object({
    decided: z.int().openapi({ description: 'Devices that this call has taken out of quarantine.', example: 1_000 }),
    more: z.boolean().openapi({ description: 'There are more: call again.' }),
  })
  .openapi('QuarantineAnswer')

const listQuarantine = createRoute({
  method: 'get',
  path: '/v1/quarantine',
  tags: TAGS,
  summary: 'List devices in quarantine',
  description: 'By push service, those that have been in it longest first.',
  ...allow('listQuarantine'),
  request: { query: z.strictObject({ ...pageFields, platform: platformField.optional() }) },
  responses: {
    200: { description: 'A page.', content: { 'application/json': { schema: pageOf(deviceAnswer) } } },
    ...problems('invalid_cursor'),
  },
})

const decision = {
  tags: TAGS,
  request: { body: { required: true, content: { 'application/json': { schema: decisionBody } } } },
  responses: {
    200: { description: 'Decided.', content: { 'application/json': { schema: decisionAnswer } } },
  },
} as const

const releaseQuarantine = createRoute({
  ...decision,
  method: 'post',
  path: '/v1/quarantine/release',
  ...allow('releaseQuarantine'),
  summary: 'Let devices out of quarantine',
  description:
    'They are alive and in their topics again; the next send tells whether that is true. Without this call it happens ' +
    'by itself, a few devices a minute, once the push service no longer calls an unusual share dead.',
})

const confirmQuarantine = createRoute({
  ...decision,
  method: 'post',
  path: '/v1/quarantine/confirm',
  ...allow('confirmQuarantine'),
  summary: 'Retire devices in quarantine for good',
  description: 'The push service was right. A device that registers again is alive again all the same.',
})

export const quarantine = newRouter()
  .openapi(listQuarantine, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const { limit, cursor, platform = null } = c.req.valid('query')
    const page = { platform, after: cursor === undefined ? null : readCursor(cursor), limit: limit + 1 }
    const devices = await listQuarantined(databaseOf(c.env, appId), appId, page)
    const data = devices.slice(0, limit)
    const next_cursor = devices.length > limit ? makeCursor(data.at(-1)!) : null
    return c.json({ data: data.map(deviceToWire), next_cursor }, 200)
  })
  .openapi(releaseQuarantine, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const { devices, more } = await chosen(c.env, appId, c.req.valid('json'))
    const answer = { decided: await reviveDevices(c.env, appId, devices), more }
    c.var.audit.after(answer)
    return c.json(answer, 200)
  })
  .openapi(confirmQuarantine, async (c) => {
    const appId = appIdOf(c.get('caller'))
    const { devices, more } = await chosen(c.env, appId, c.req.valid('json'))
    await leaveOwnTopics(c.env, appId, devices)
    const ids = devices.map(({ id }) => id)
    const confirmed = await confirmQuarantined(databaseOf(c.env, appId), appId, ids)
    const answer = { decided: confirmed.length, more }
    c.var.audit.after(answer)
    return c.json(answer, 200)
  })

/** The devices in quarantine that a decision is about: a call's worth of them, and whether there are more. */
async function chosen(env: Env, appId: string, body: DecisionBody): Promise<{ devices: Device[]; more: boolean }> {
  const database = databaseOf(env, appId)
  if (body.ids !== undefined) {
    const devices = await readDevices(database, appId, body.ids)
    return { devices: devices.filter(({ quarantinedAt }) => quarantinedAt !== null), more: false }
  }
  const page = { platform: body.platform ?? null, after: null, limit: MAX_DEVICES + 1 }
  const devices = await listQuarantined(database, appId, page)
  return { devices: devices.slice(0, MAX_DEVICES), more: devices.length > MAX_DEVICES }
}

const cursorShape = z.tuple([z.enum(PLATFORMS), z.int(), z.string()])

function makeCursor({ platform, quarantinedAt, id }: Device): string {
  return encodeCursor(JSON.stringify([platform, quarantinedAt, id]))
}

/** @throws ApiProblem `invalid_cursor` */
function readCursor(cursor: string): QuarantineKey {
  const position = cursorShape.safeParse(parseJson(decodeCursor(cursor)))
  if (!position.success)
    throw new ApiProblem('invalid_cursor', 'The cursor belongs to another list.', { param: 'cursor' })
  const [platform, quarantinedAt, deviceId] = position.data
  return { platform, quarantinedAt, deviceId }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
