/** Devices: register, read, change, delete. */
import { createRoute, z } from '@hono/zod-openapi'
import { UNTOUCHED } from '../../push/device-key-state.ts'
import { parseAllowedHosts } from '../../push/outbound-url.ts'
import { readDeviceKey } from '../../schema/d1/device-keys.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { databaseOf } from '../../schema/databases.ts'
import { deviceKeyMaker } from '../device-keys.ts'
import { allow } from './auth.ts'
import { appIdOf, type Caller, mayActFor, requireOwnDevice } from './caller.ts'
import { changeDevice, removeDevice } from './change-device.ts'
import {
  clientRegistrationBody,
  type DeviceChangeBody,
  deviceAnswer,
  deviceChangeBody,
  deviceToWire,
  type RegistrationBody,
  registeredAnswer,
} from './device-body.ts'
import { deviceChangeForAudit } from './device-for-audit.ts'
import { admitDevices, admitReturning } from './device-quota.ts'
import { deviceIdField } from './fields.ts'
import { findDevice } from './find-device.ts'
import { ApiProblem } from './problem.ts'
import { problems } from './problem-responses.ts'
import { quotaProblem } from './quota-warnings.ts'
import { readChanges, readRegistration } from './read-registration.ts'
import { registerDevices } from './register-devices.ts'
import { requireAttestation } from './require-attestation.ts'
import { newRouter } from './router.ts'
import { requireTopicsWithin } from './within-limits.ts'

const TAGS = ['Devices']
const deviceParams = z.object({ id: deviceIdField })

const registerDevice = createRoute({
  method: 'post',
  path: '/v1/devices',
  tags: TAGS,
  summary: 'Register a device',
  description:
    'Call it at each start of the app, straight from the client. The same device token or subscription is the same ' +
    'device: it keeps its id, its `device_key` and its topics, and moves to the user that is named. What is left ' +
    'out stays, but `attributes` of one user do not pass to another. `user_id` needs a token minted for that user (`POST /v1/tokens`) or a sender or admin key; with ' +
    'such a token it may be left out.',
  ...allow('registerDevice'),
  request: { body: { required: true, content: { 'application/json': { schema: clientRegistrationBody } } } },
  responses: {
    201: {
      description: 'The device is new.',
      headers: z.object({ Location: z.string() }),
      content: { 'application/json': { schema: registeredAnswer } },
    },
    200: { description: 'The device was known.', content: { 'application/json': { schema: registeredAnswer } } },
    ...problems(
      'invalid_device_token',
      'invalid_subscription',
      'endpoint_not_allowed',
      'invalid_topic',
      'outside_limits',
      'user_mismatch',
      'attestation_required',
      'attestation_failed',
      'attestation_unavailable',
      'quota_exceeded',
      'credentials_key_missing',
    ),
  },
})

const getDevice = createRoute({
  method: 'get',
  path: '/v1/devices/{id}',
  tags: TAGS,
  summary: 'Read a device',
  ...allow('getDevice'),
  request: { params: deviceParams },
  responses: {
    200: { description: 'The device.', content: { 'application/json': { schema: deviceAnswer } } },
    ...problems('not_found'),
  },
})

const patchDevice = createRoute({
  method: 'patch',
  path: '/v1/devices/{id}',
  tags: TAGS,
  summary: 'Change a device',
  description:
    'A rotated device token or subscription, another user, other facts. Once it has answered, every later send ' +
    'uses the new address and user. A device may take its own user away (`"user_id": null`); to get another user ' +
    'it registers with a token minted for that user.',
  ...allow('changeDevice'),
  request: {
    params: deviceParams,
    body: { required: true, content: { 'application/json': { schema: deviceChangeBody } } },
  },
  responses: {
    200: { description: 'The device as it is now.', content: { 'application/json': { schema: deviceAnswer } } },
    ...problems(
      'invalid_device_token',
      'invalid_subscription',
      'endpoint_not_allowed',
      'user_mismatch',
      'not_found',
      'address_in_use',
      'quota_exceeded',
    ),
  },
})

const removeDeviceRoute = createRoute({
  method: 'delete',
  path: '/v1/devices/{id}',
  tags: TAGS,
  summary: 'Delete a device',
  description: 'It leaves all its topics, and its key ends. Once it has answered, no later send reaches it.',
  ...allow('deleteDevice'),
  request: { params: deviceParams },
  responses: { 204: { description: 'Gone.' }, ...problems('not_found') },
})

export const devices = newRouter()
  .openapi(registerDevice, async (c) => {
    const caller = c.get('caller')
    const appId = appIdOf(caller)
    const now = Date.now()
    const makeKey = await deviceKeyMaker(c.env, appId, now)
    const { attestation, ...sent } = c.req.valid('json')
    const body = registrationOf(caller, sent, c.req.raw)
    const registration = await readRegistration(body, parseAllowedHosts(c.env.WEBPUSH_ALLOWED_HOSTS))
    requireTopicsWithin(caller, body.topics ?? [])
    const address = c.req.header('CF-Connecting-IP') ?? null
    await requireAttestation(c.env, caller, attestation, { address, now })
    const { refusal } = await admitDevices(c.env, appId, [registration], now)
    if (refusal !== null) throw quotaProblem(refusal, now)
    const [{ device, created }] = (await registerDevices(c.env, appId, [registration], now)) as [Registered]
    const key = created ? UNTOUCHED : await readDeviceKey(databaseOf(c.env, appId), appId, device.id)
    const answer = { ...deviceToWire(device), device_key: await makeKey(device.id, key.generation) }
    return created ? c.json(answer, 201, { Location: `/v1/devices/${device.id}` }) : c.json(answer, 200)
  })
  .openapi(getDevice, async (c) => {
    return c.json(deviceToWire(await ownDevice(c.env, c.get('caller'), c.req.valid('param').id)), 200)
  })
  .openapi(patchDevice, async (c) => {
    const caller = c.get('caller')
    const device = await ownDevice(c.env, caller, c.req.valid('param').id)
    const body = c.req.valid('json')
    refuseForeignUser(caller, device, body)
    const changes = await readChanges(device.platform, body, parseAllowedHosts(c.env.WEBPUSH_ALLOWED_HOSTS))
    const now = Date.now()
    // A new address brings a retired device back to life.
    const returning = changes.address !== undefined && device.retiredAt !== null ? [device] : []
    const { refusal } = await admitReturning(c.env, appIdOf(caller), returning, now)
    if (refusal !== null) throw quotaProblem(refusal, now)
    const answer = await changeDevice(c.env, appIdOf(caller), device.id, changes, now)
    switch (answer.kind) {
      case 'updated': {
        const { before, after } = deviceChangeForAudit(body, device, answer.device)
        c.var.audit.before(before)
        c.var.audit.after(after)
        return c.json(deviceToWire(answer.device), 200)
      }
      case 'unknown':
        throw new ApiProblem('not_found', `The device ${device.id} was deleted meanwhile.`, { param: 'id' })
      case 'address_in_use':
        throw new ApiProblem('address_in_use', 'This address is registered as another device. Delete one of the two.', {
          param: body.token === undefined ? '/subscription' : '/token',
        })
    }
  })
  .openapi(removeDeviceRoute, async (c) => {
    const caller = c.get('caller')
    await removeDevice(c.env, appIdOf(caller), await ownDevice(c.env, caller, c.req.valid('param').id), Date.now())
    return c.body(null, 204)
  })

interface Registered {
  readonly device: Device
  readonly created: boolean
}

async function ownDevice(env: Env, caller: Caller, deviceId: string): Promise<Device> {
  requireOwnDevice(caller, deviceId)
  return await findDevice(env, appIdOf(caller), deviceId)
}

/**
 * The registration with what the caller's identity adds: the user of a token that is bound to one, and for a
 * client the time zone of the place it calls from.
 */
function registrationOf(caller: Caller, body: RegistrationBody, request: Request): RegistrationBody {
  const userId = body.user_id ?? (caller.kind === 'token' && caller.userId !== null ? caller.userId : undefined)
  if (userId !== undefined) requireUser(caller, userId)
  const fromClient = !(caller.kind === 'key' && !caller.isPublic)
  const place = fromClient ? (request.cf as IncomingRequestCfProperties | undefined)?.timezone : undefined
  return { ...body, user_id: userId, timezone: body.timezone ?? place }
}

/** Staying with the same user, and leaving it, takes no right beyond being the device. */
function refuseForeignUser(caller: Caller, device: Device, { user_id }: DeviceChangeBody): void {
  if (typeof user_id === 'string' && user_id !== device.userId) requireUser(caller, user_id)
}

function requireUser(caller: Caller, userId: string): void {
  if (mayActFor(caller, userId)) return
  throw new ApiProblem(
    'user_mismatch',
    `This caller may not act for user ${userId}. Register with a token that POST /v1/tokens minted for that user.`,
    { param: '/user_id' },
  )
}
