/** Which push service each of a believable audience's devices has. Pure. */
import type { Dice } from '../../dev/dice.ts'
import type { PushService } from './simulators.ts'

const FCM_SHARE = 0.5
const APNS_SHARE = 0.35

export function drawService(dice: Dice): PushService {
  const chance = dice()
  if (chance < FCM_SHARE) return 'fcm'
  return chance < FCM_SHARE + APNS_SHARE ? 'apns' : 'webpush'
}
