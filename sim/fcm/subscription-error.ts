/**
 * Why a device cannot be put on a topic or taken off: its token, or a fault that was scripted for it.
 */
import type { Desk } from '../desk.ts'
import { isRegistrationToken } from './message-rules.ts'

/** The Instance ID service's word for it, or null. */
export function subscriptionError(desk: Desk, registrationToken: string): string | null {
  if (!isRegistrationToken(registrationToken)) return 'INVALID_ARGUMENT'
  const { effect } = desk.faults.decide('fcm', registrationToken)
  if (effect === null) return null
  if (effect.kind === 'unregistered') return 'NOT_FOUND'
  return effect.kind === 'status' && effect.reason !== undefined ? effect.reason : 'INTERNAL'
}
