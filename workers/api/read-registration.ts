/**
 * From what a client says about its device to what is stored: the address parsed, topics checked, the fingerprint
 * taken. Throws problems that name the field. Nothing is looked up.
 */
import { parseDeviceToken, parseSubscription } from '../../push/address.ts'
import { hashAddress } from '../../push/address-hash.ts'
import type { Platform } from '../../push/device.ts'
import type { JsonObject } from '../../push/notification.ts'
import type { AllowedHosts } from '../../push/outbound-url.ts'
import type { DeviceFacts, NewAddress } from '../../schema/d1/device-merge.ts'
import type { DeviceChangeBody, RegistrationBody } from './device-body.ts'
import { requireTopicName } from './fields.ts'
import { ApiProblem } from './problem.ts'
import type { TopicRegistration } from './register-devices.ts'

/** @throws ApiProblem for the first field that is wrong */
export async function readRegistration(body: RegistrationBody, allowed: AllowedHosts): Promise<TopicRegistration> {
  const topics = (body.topics ?? []).map((topic, index) => requireTopicName(topic, `/topics/${index}`))
  return { ...(await readAddress(body.platform, body, allowed)), ...readFacts(body), topics: [...new Set(topics)] }
}

/** What PATCH changes; the address only if the body has one. @throws ApiProblem for the first field that is wrong */
export async function readChanges(
  platform: Platform,
  body: DeviceChangeBody,
  allowed: AllowedHosts,
): Promise<DeviceFacts & { readonly address?: NewAddress }> {
  if (body.token === undefined && body.subscription === undefined) return readFacts(body)
  return { ...readFacts(body), address: await readAddress(platform, body, allowed) }
}

type AddressFields = Pick<RegistrationBody, 'token' | 'subscription'>

async function readAddress(platform: Platform, body: AddressFields, allowed: AllowedHosts): Promise<NewAddress> {
  const [wanted, other] =
    platform === 'webpush' ? (['subscription', 'token'] as const) : (['token', 'subscription'] as const)
  if (body[other] !== undefined) {
    const detail = `A device of platform ${platform} has a ${wanted} and no ${other}.`
    throw new ApiProblem('validation_failed', detail, { param: `/${other}` })
  }
  const parsed = parse(platform, body, allowed)
  if (parsed === null) {
    throw new ApiProblem('validation_failed', `A device of platform ${platform} needs a ${wanted}.`, {
      param: `/${wanted}`,
    })
  }
  if (!parsed.ok) throw new ApiProblem(parsed.problem.code, parsed.problem.detail, { param: parsed.problem.param })
  const { address } = parsed
  return { platform, address, addressHash: await hashAddress(address) }
}

function parse(platform: Platform, { token, subscription }: AddressFields, allowed: AllowedHosts) {
  if (platform === 'webpush') return subscription === undefined ? null : parseSubscription(subscription, allowed)
  return token === undefined ? null : parseDeviceToken(platform, token)
}

function readFacts(body: RegistrationBody | DeviceChangeBody): DeviceFacts {
  return {
    userId: body.user_id,
    locale: body.locale,
    timezone: body.timezone,
    appVersion: body.app_version,
    // Parsed from JSON, so nothing else can be in it.
    attributes: body.attributes as JsonObject | undefined,
  }
}
