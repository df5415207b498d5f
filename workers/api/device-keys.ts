/** `/v1/devices/{id}/key`: another key for one device, or an end of the one it has. */
import { createRoute, z } from '@hono/zod-openapi'
import { raiseDeviceKey } from '../../schema/d1/device-keys.ts'
import { databaseOf } from '../../schema/databases.ts'
import { deviceKeyMaker } from '../device-keys.ts'
import { allow } from './auth.ts'
import { appIdOf, type Caller, requireOwnDevice } from './caller.ts'
import { registeredAnswer } from './device-body.ts'
import { deviceIdField, instantField, instantOrNull } from './fields.ts'
import { findDevice } from './find-device.ts'
import { forgetDeviceKey } from './known-device-keys.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { newRouter } from './router.ts'

const TAGS = ['Devices']
const deviceParams = z.object({ id: deviceIdField })

/** A day: until then an app that is in use was started again, and has registered. */
const MOST_OVERLAP_SECONDS = 24 * 60 * 60
/** Whoever rotates the key of one device mostly suspects it; and a device that is refused registers again. */
const DEFAULT_OVERLAP_SECONDS = 0

const rotationBody = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(MOST_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS).openapi({
      description: 'How long the old key stays good.',
      example: 60,
    }),
  })
  .openapi('DeviceKeyRotation')

const rotationAnswer = z
  .object({
    device_key: registeredAnswer.shape.device_key,
    previous_valid_until: instantField.nullable().openapi({
      description: 'null: the old key is not good any more; elsewhere in the world for up to five seconds.',
    }),
  })
  .openapi('DeviceKeyRotated')

const rotate = createRoute({
  method: 'post',
  path: '/v1/devices/{id}/key',
  tags: TAGS,
  summary: 'Rotate a device’s key',
  description:
    'Answers another key, which is also what registering answers from then on. Keys before the one that was replaced ' +
    'end at once, whatever their overlap was.',
  ...allow('rotateDeviceKey'),
  request: {
    params: deviceParams,
    body: { required: false, content: { 'application/json': { schema: rotationBody } } },
  },
  responses: {
    200: { description: 'The new key.', content: { 'application/json': { schema: rotationAnswer } } },
    ...problems('not_found', 'key_not_current'),
  },
})

const revoke = createRoute({
  method: 'delete',
  path: '/v1/devices/{id}/key',
  tags: TAGS,
  summary: 'Revoke a device’s key',
  description:
    'For a key that somebody else may have. What arrives after the answer is refused, elsewhere in the world for up to ' +
    'five seconds not yet. The device gets another key when it registers again. A phone that was stolen can do that ' +
    'too: delete the device instead, and what registers there afterwards is another device, without user and topics.',
  ...allow('revokeDeviceKey'),
  request: { params: deviceParams },
  responses: { 204: { description: 'Revoked.' }, ...problems('not_found') },
})

export const deviceKeys = newRouter()
  .openapi(rotate, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    requireCurrentKey(caller, id)
    const now = Date.now()
    const appId = appIdOf(caller)
    const makeKey = await deviceKeyMaker(c.env, appId, now)
    const { overlap_seconds = DEFAULT_OVERLAP_SECONDS } = c.req.valid('json')
    const validUntil = overlap_seconds === 0 ? null : now + overlap_seconds * 1000
    const generation = await raise(c.env, appId, id, validUntil)
    const answer = { device_key: await makeKey(id, generation), previous_valid_until: instantOrNull(validUntil) }
    return c.json(answer, 200)
  })
  .openapi(revoke, async (c) => {
    await raise(c.env, appIdOf(c.get('caller')), c.req.valid('param').id, null)
    return c.body(null, 204)
  })

/** Answers the new generation. @throws ApiProblem `not_found` */
async function raise(env: Env, appId: string, deviceId: string, previousValidUntil: number | null): Promise<number> {
  const device = await findDevice(env, appId, deviceId)
  const raised = await raiseDeviceKey(databaseOf(env, appId), appId, device.id, previousValidUntil)
  forgetDeviceKey({ appId, deviceId })
  if (raised !== null) return raised.generation
  throw new ApiProblem('not_found', `The device ${deviceId} was deleted meanwhile.`, { param: 'id' })
}

/** Who has only the key of before may be the one from whom it is being taken away. */
function requireCurrentKey(caller: Caller, deviceId: string): void {
  requireOwnDevice(caller, deviceId)
  if (caller.kind !== 'device' || caller.keyIsCurrent) return
  throw new ApiProblem('key_not_current', 'This device key was rotated already. Register to get the current one.')
}
