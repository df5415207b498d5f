/**
 * The push services of the crash test: they misbehave a little all the time, so that retries are in flight whenever the
 * platform is killed, and a few addresses die with each fan-out. Data and pure functions.
 */
import type { Dice } from '../../dev/dice.ts'
import type { DevicePlan } from '../witness/audience.ts'
import { drawService } from '../witness/services.ts'
import { type Fault, PUSH_SERVICES, type PushService } from '../witness/simulators.ts'

/** Of the devices, with each fan-out. */
const GONE_SHARE = 0.01

/** Which fan-out finds a device dead; null: none. */
export type Doom = number | null

export interface DoomedPlan extends DevicePlan {
  readonly doom: Doom
}

/**
 * @param name what their user ids begin with
 * @param fanouts how many find some of them dead
 */
export function planDevices(name: string, count: number, fanouts: number, dice: Dice): DoomedPlan[] {
  return Array.from({ length: count }, (_, index) => {
    const service = drawService(dice)
    const fate = Math.floor(dice() / GONE_SHARE)
    const doom = fate < fanouts ? fate : null
    return { userId: `${name}-${index}`, service, prefix: prefixOf(service, doom), doom }
  })
}

/** APNs device tokens are hexadecimal, so their words are too. */
function prefixOf(service: PushService, doom: Doom): string {
  if (service === 'apns') return doom === null ? 'f00d' : `dead${doom.toString(16).padStart(2, '0')}`
  return doom === null ? 'live-' : `dead-${doom}-`
}

const RETRY_AFTER_SECONDS = 1

/**
 * 5 % answers of 503, of which a few were taken all the same, 1 % "too often for this device", and connections that
 * break after a push was taken: over HTTP/2 with everything that is on them.
 */
export function faultsOf(fanout: number): Fault[] {
  const everywhere = PUSH_SERVICES.flatMap((service): Fault[] => [
    { service, prefix: prefixOf(service, fanout), effect: { kind: 'unregistered' } },
    { service, every: 1500, effect: { kind: 'reset', when: 'after' } },
    { service, probability: 0.005, effect: { kind: 'status', status: 503, accepted: true } },
    { service, probability: 0.045, effect: { kind: 'status', status: 503 } },
  ])
  const quota = { kind: 'status', status: 429, retry_after: RETRY_AFTER_SECONDS }
  return [
    ...everywhere,
    { service: 'fcm', probability: 0.01, effect: { ...quota, reason: 'QUOTA_EXCEEDED' } },
    { service: 'apns', probability: 0.01, effect: { ...quota, reason: 'TooManyRequests' } },
    { service: 'webpush', probability: 0.01, effect: quota },
  ]
}
