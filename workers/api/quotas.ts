/** `/v1/apps/{app}/quotas`: what the operator lets an app use up, how fast, and what it has used. */
import { createRoute, z } from '@hono/zod-openapi'
import { meterOf } from '../../durable-objects/stubs.ts'
import type { AppQuotas } from '../../push/app-settings.ts'
import { percentReached } from '../../push/quota-book.ts'
import { changeQuotas } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { instantField, instantOf } from './fields.ts'
import { forgetApp } from './known-apps.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Apps']
const inApp = z.object({ app: appIdField })

/** What a counter holds exactly. */
const limitField = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable()
const rateField = z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable()

const quotasBody = z
  .strictObject({
    devices: limitField.optional().openapi({
      description: 'Devices that can be reached. null: any number.',
      example: 100_000,
    }),
    sends_a_day: limitField.optional().openapi({ description: 'Notifications in a day of UTC.', example: 1_000 }),
    recipients_a_day: limitField.optional().openapi({
      description: 'Recipients of all notifications in a day of UTC.',
      example: 5_000_000,
    }),
    requests_per_10_seconds: rateField.optional().openapi({
      description:
        'Of all keys and tokens of the app together, but its clients. null: what every app of this platform may.',
    }),
    key_requests_per_10_seconds: rateField.optional().openapi({ description: 'Of each API key. null: as above.' }),
    registrations_per_10_seconds: rateField.optional().openapi({
      description: 'Devices that clients register, and whatever else client keys call. null: as above.',
    }),
  })
  .openapi('Quotas', { description: 'What is left out is null.' })

const usageField = z.object({
  limit: z.int().nullable().openapi({ description: 'null: there is no quota.' }),
  used: z.int().nullable().openapi({ description: 'null: not counted, because there is no quota.' }),
  warning_percent: z
    .union([z.literal(80), z.literal(95)])
    .nullable()
    .openapi({ description: 'So much of the quota is used, at least; null: less than 80 per cent.' }),
  resets_at: instantField.nullable().openapi({ description: 'null: it does not begin anew.' }),
})

const quotasAnswer = z
  .object({
    devices: usageField,
    sends_a_day: usageField,
    recipients_a_day: usageField,
    requests_per_10_seconds: z.int().nullable(),
    key_requests_per_10_seconds: z.int().nullable(),
    registrations_per_10_seconds: z.int().nullable(),
  })
  .openapi('QuotaUsage')

const answers = {
  200: { description: 'The quotas, and what is used.', content: { 'application/json': { schema: quotasAnswer } } },
  ...problems('not_found', 'root_key_missing'),
}

export const quotas = newRouter()

quotas.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/quotas',
    tags: TAGS,
    summary: 'Read the quotas of an app and what it has used',
    ...allow('getQuotas'),
    request: { params: inApp },
    responses: answers,
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    return c.json(await quotasToWire(c.env, app.id, app.quotas), 200)
  },
)

quotas.openapi(
  createRoute({
    method: 'put',
    path: '/v1/apps/{app}/quotas',
    tags: TAGS,
    summary: 'Set the quotas of an app',
    description: 'All of them. Elsewhere in the world the old ones may hold for five seconds more.',
    ...allow('putQuotas'),
    request: { params: inApp, body: { required: true, content: { 'application/json': { schema: quotasBody } } } },
    responses: answers,
  }),
  async (c) => {
    const app = await requireApp(c, c.req.valid('param').app)
    const wanted = quotasFromWire(c.req.valid('json'))
    const changed = await changeQuotas(directoryDatabase(c.env), app.id, wanted)
    forgetApp(app.id)
    c.var.audit.before(limitsToWire(app.quotas))
    c.var.audit.after(limitsToWire(wanted))
    return c.json(await quotasToWire(c.env, app.id, changed?.quotas ?? app.quotas), 200)
  },
)

function quotasFromWire(body: z.infer<typeof quotasBody>): AppQuotas {
  return {
    devices: body.devices ?? null,
    sendsADay: body.sends_a_day ?? null,
    recipientsADay: body.recipients_a_day ?? null,
    requestsPer10Seconds: body.requests_per_10_seconds ?? null,
    keyRequestsPer10Seconds: body.key_requests_per_10_seconds ?? null,
    registrationsPer10Seconds: body.registrations_per_10_seconds ?? null,
  }
}

function limitsToWire(set: AppQuotas): z.infer<typeof quotasBody> {
  return {
    devices: set.devices,
    sends_a_day: set.sendsADay,
    recipients_a_day: set.recipientsADay,
    ...ratesToWire(set),
  }
}

function ratesToWire(set: AppQuotas) {
  return {
    requests_per_10_seconds: set.requestsPer10Seconds,
    key_requests_per_10_seconds: set.keyRequestsPer10Seconds,
    registrations_per_10_seconds: set.registrationsPer10Seconds,
  }
}

async function quotasToWire(env: Env, appId: string, set: AppQuotas): Promise<z.infer<typeof quotasAnswer>> {
  const { devices, sends, recipients, resetsAt } = await meterOf(env, appId).usage(set)
  const isCounted = set.sendsADay !== null || set.recipientsADay !== null
  const daily = (limit: number | null, used: number) =>
    usage(limit, isCounted ? used : null, isCounted ? instantOf(resetsAt) : null)
  return {
    devices: usage(set.devices, devices, null),
    sends_a_day: daily(set.sendsADay, sends),
    recipients_a_day: daily(set.recipientsADay, recipients),
    ...ratesToWire(set),
  }
}

function usage(limit: number | null, used: number | null, resetsAt: string | null): z.infer<typeof usageField> {
  return { limit, used, warning_percent: used === null ? null : percentReached(used, limit), resets_at: resetsAt }
}
