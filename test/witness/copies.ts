/**
 * Whether the copies of one push that reached a device can be told to be copies: same `fanfare_id`, same `apns-id`, same
 * collapse id (docs/design/guarantees.md). Pure.
 */
import type { Arrival } from '../../sim/inbox.ts'
import type { PushService } from './simulators.ts'

/** @returns what differs between copies, or null */
export function findDifference(service: PushService, copies: readonly Arrival[]): string | null {
  const names = copies.map((copy) => namesOf(service, copy))
  for (const name of Object.keys(names[0] ?? {})) {
    const values = new Set(names.map((one) => one[name]))
    if (values.has(undefined) || values.has(null)) return `${name} is missing`
    if (values.size > 1) return `${name} differs: ${[...values].join(', ')}`
  }
  return null
}

type Names = Record<string, unknown>

function namesOf(service: PushService, { message_id, headers = {}, payload }: Arrival): Names {
  const names: Names = { fanfare_id: message_id }
  switch (service) {
    case 'fcm': {
      const { android } = payload as { android?: { collapse_key?: string } }
      return { ...names, collapse_key: android?.collapse_key }
    }
    case 'apns':
      return { ...names, 'apns-id': headers['apns-id'], 'apns-collapse-id': headers['apns-collapse-id'] }
    case 'webpush':
      return { ...names, Topic: headers.topic }
  }
}
