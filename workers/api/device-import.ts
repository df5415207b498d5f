/** Devices in bulk, for those who come with a registry of their own. */
import { createRoute, z } from '@hono/zod-openapi'
import { parseAllowedHosts } from '../../push/outbound-url.ts'
import { deviceSecretOf } from '../device-keys.ts'
import { allow } from './auth.ts'
import { appIdOf } from './caller.ts'
import { admitDevices } from './device-quota.ts'
import { problems } from './problem-responses.ts'
import { quotaProblem } from './quota-warnings.ts'
import { lineError, MAX_IMPORT_LINES, MAX_IMPORT_TOPICS, readImport } from './read-import.ts'
import { registerDevices } from './register-devices.ts'
import { newRouter } from './router.ts'

const importAnswer = z
  .object({
    created: z.int().openapi({ description: 'Devices that are new.', example: 9_840 }),
    updated: z.int().openapi({ description: 'Lines about devices that were known, or were in a line before.' }),
    errors: z.array(
      z.object({
        line: z.int().openapi({ description: 'Counts from 1.', example: 17 }),
        code: z.string().openapi({ example: 'invalid_device_token' }),
        detail: z.string(),
        param: z.string().optional().openapi({ example: '/token' }),
      }),
    ),
  })
  .openapi('ImportAnswer', { description: '`created`, `updated` and the number of `errors` add up to the lines.' })

const importDevices = createRoute({
  method: 'post',
  path: '/v1/devices/import',
  tags: ['Devices'],
  summary: 'Import devices',
  description:
    `NDJSON: one registration (see \`POST /v1/devices\`) a line, up to ${MAX_IMPORT_LINES} lines, 16 MiB and ` +
    `${MAX_IMPORT_TOPICS} topics. Every line stands alone: those that are wrong are reported and the others are ` +
    'imported. Sending the same import again changes nothing but the times, so an interrupted one is simply repeated.',
  ...allow('importDevices'),
  request: {
    body: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: z.string().openapi({
            example:
              '{"platform":"fcm","token":"cN1yb5mQT0e:APA91bF0d5kq3vN8","user_id":"user-42","topics":["news"]}\n' +
              '{"platform":"apns","token":"00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"}\n',
          }),
        },
      },
    },
  },
  responses: {
    200: { description: 'What became of the lines.', content: { 'application/json': { schema: importAnswer } } },
    ...problems('too_many_lines', 'credentials_key_missing', 'credentials_key_invalid', 'credential_unreadable'),
  },
})

export const deviceImport = newRouter().openapi(importDevices, async (c) => {
  const allowed = parseAllowedHosts(c.env.WEBPUSH_ALLOWED_HOSTS)
  const text = new TextDecoder().decode(await c.req.arrayBuffer())
  const { registrations, errors } = await readImport(text, allowed, c.get('caller'))
  const [appId, now] = [appIdOf(c.get('caller')), Date.now()]
  // Before there are devices: an app that has some and no secret would be taken for one from before there were secrets.
  await deviceSecretOf(c.env, appId, now)
  const { admitted, refused, refusal } = await admitDevices(c.env, appId, registrations, now)
  if (refusal !== null) errors.push(...refused.map(({ line }) => lineError(line, quotaProblem(refusal, now))))
  const upserted = await registerDevices(c.env, appId, admitted, now)
  const created = upserted.filter((device) => device.created).length
  const updated = upserted.length - created
  c.var.audit.after({ created, updated, errors: errors.length })
  return c.json({ created, updated, errors: errors.toSorted((a, b) => a.line - b.line) }, 200)
})
