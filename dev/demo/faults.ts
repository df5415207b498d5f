/**
 * How the simulators are told what becomes of each device: one rule for each platform and fate, by the beginning of
 * the address. Data and pure functions; the rules are sent by script.ts.
 */
import type { Platform } from '../../push/device.ts'
import type { Fate } from './mix.ts'

/** A rule of the simulators' control API (`POST /faults`). */
export interface FaultRule {
  readonly service: Platform
  readonly prefix: string
  readonly times?: number
  readonly effect: Readonly<Record<string, string | number>>
}

type Trouble = Exclude<Fate, 'healthy'>

/** Where a slow device is behind a slow path; well under any timeout. */
const SLOW_MS = 400

/** APNs device tokens are hexadecimal, so their words are too; a healthy one must not look like another by chance. */
const APNS_PREFIXES: Record<Fate, string> = {
  healthy: 'f00d',
  slow: '510e',
  busy: 'b057',
  dead: 'dead',
  broken: 'bad0',
}

/**
 * Refusals for good that say nothing about the address: a Firebase project without the key for its iPhones, a build
 * with another bundle id, a service that takes less than others.
 */
const REFUSALS: Record<Platform, FaultRule['effect']> = {
  fcm: { kind: 'status', status: 401, reason: 'THIRD_PARTY_AUTH_ERROR' },
  apns: { kind: 'status', status: 400, reason: 'TopicDisallowed' },
  webpush: { kind: 'status', status: 413 },
}

const OVERLOADED: Record<Platform, FaultRule['effect']> = {
  fcm: { kind: 'status', status: 503, reason: 'UNAVAILABLE' },
  apns: { kind: 'status', status: 503, reason: 'ServiceUnavailable' },
  webpush: { kind: 'status', status: 503 },
}

/** What the address of such a device begins with. */
export function addressPrefix(platform: Platform, fate: Fate): string {
  return platform === 'apns' ? APNS_PREFIXES[fate] : `${fate}-`
}

/** @param counts how many devices of each platform and fate there are: as many 503s are given as devices are busy */
export function faultRules(counts: Record<Platform, Record<Fate, number>>): FaultRule[] {
  return (['fcm', 'apns', 'webpush'] as const).flatMap((service) => {
    const rule = (fate: Trouble, effect: FaultRule['effect']) => ({
      service,
      prefix: addressPrefix(service, fate),
      effect,
    })
    const busy = counts[service].busy
    return [
      rule('dead', { kind: 'unregistered' }),
      rule('slow', { kind: 'latency', ms: SLOW_MS }),
      rule('broken', REFUSALS[service]),
      ...(busy > 0 ? [{ ...rule('busy', OVERLOADED[service]), times: busy }] : []),
    ]
  })
}
