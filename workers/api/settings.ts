/** `/v1/apps/{app}/settings`: what an app's admin decides about the app. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppSettings } from '../../push/app-settings.ts'
import { changeSettings } from '../../schema/d1/apps.ts'
import { directoryDatabase } from '../../schema/databases.ts'
import { appIdField, requireApp } from './app-scope.ts'
import { allow } from './auth.ts'
import { forgetApp } from './known-apps.ts'
import { noteRetention } from './note-retention.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Apps']
const inApp = z.object({ app: appIdField })

const MAX_ORIGINS = 100
/** Ten years. */
const MAX_RETENTION_DAYS = 3_650
/** A month: whoever takes over an app does not get rid of what he did before somebody looks. */
const MIN_RETENTION_DAYS = 30

/** As a browser writes it in `Origin` (RFC 6454 §6.2): compared letter by letter. */
const originField = z.string().refine((text) => isOrigin(text), {
  error: 'must be an origin as a browser sends it, such as https://app.example: no path, no slash at its end',
})

const settingFields = {
  allowed_origins: z.array(originField).max(MAX_ORIGINS).nullable().openapi({
    description: 'Web origins whose pages may make client calls. null: any.',
  }),
  sign_messages: z.boolean().openapi({
    description:
      'Every push carries a signature that SDKs verify, and a receipt needs the proof that came with its push.',
  }),
  redact_payload: z.boolean().openapi({ description: 'The audit log says that a send was made, not what it said.' }),
  audit_retention_days: z.int().min(MIN_RETENTION_DAYS).max(MAX_RETENTION_DAYS).openapi({ example: 400 }),
  confirm_above_recipients: z.int().min(1).nullable().openapi({
    description: 'A send to more recipients needs a confirmation. null: none does.',
    example: 1_000_000,
  }),
}

const settingsAnswer = z.object(settingFields).openapi('Settings')
const settingsBody = z.strictObject(settingFields).partial().openapi('SettingsChange')

export const settings = newRouter()

settings.openapi(
  createRoute({
    method: 'get',
    path: '/v1/apps/{app}/settings',
    tags: TAGS,
    summary: 'Read the settings of an app',
    ...allow('getSettings'),
    request: { params: inApp },
    responses: {
      200: { description: 'All of them.', content: { 'application/json': { schema: settingsAnswer } } },
      ...problems('not_found'),
    },
  }),
  async (c) => c.json(settingsToWire((await requireApp(c, c.req.valid('param').app)).settings), 200),
)

settings.openapi(
  createRoute({
    method: 'patch',
    path: '/v1/apps/{app}/settings',
    tags: TAGS,
    summary: 'Change settings of an app',
    description: 'What is left out stays. Elsewhere in the world the old ones may hold for five seconds more.',
    ...allow('changeSettings'),
    request: { params: inApp, body: { required: true, content: { 'application/json': { schema: settingsBody } } } },
    responses: {
      200: {
        description: 'All of them, as they are now.',
        content: { 'application/json': { schema: settingsAnswer } },
      },
      ...problems('not_found'),
    },
  }),
  async (c) => {
    const { id, settings: before } = await requireApp(c, c.req.valid('param').app)
    const changes = settingsFromWire(c.req.valid('json'))
    await noteRetention(c, id, before.auditRetentionDays, changes.auditRetentionDays)
    const changed = await changeSettings(directoryDatabase(c.env), id, changes)
    forgetApp(id)
    const after = settingsToWire(changed?.settings ?? before)
    c.var.audit.before(settingsToWire(before))
    c.var.audit.after(after)
    return c.json(after, 200)
  },
)

function settingsToWire(settings: AppSettings): z.infer<typeof settingsAnswer> {
  return {
    allowed_origins: settings.allowedOrigins === null ? null : [...settings.allowedOrigins],
    sign_messages: settings.signMessages,
    redact_payload: settings.redactPayload,
    audit_retention_days: settings.auditRetentionDays,
    confirm_above_recipients: settings.confirmAboveRecipients,
  }
}

/** What is not mentioned is not there, rather than undefined. */
function settingsFromWire(body: z.infer<typeof settingsBody>): Partial<AppSettings> {
  const changes = {
    allowedOrigins: body.allowed_origins,
    signMessages: body.sign_messages,
    redactPayload: body.redact_payload,
    auditRetentionDays: body.audit_retention_days,
    confirmAboveRecipients: body.confirm_above_recipients,
  }
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)
}
