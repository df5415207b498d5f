/**
 * Which generations of a device's key are good: rotating and revoking raise the generation, deleting the device ends
 * them all. Pure: the clock is an argument.
 */

export interface DeviceKeyState {
  /** Of the current key. */
  readonly generation: number
  /** Epoch ms until which the generation before is good too; null: it is not. */
  readonly previousValidUntil: number | null
  /** Epoch ms; not null: the device was deleted. */
  readonly endedAt: number | null
}

/** Of a device whose key was never touched, which is almost every device. */
export const UNTOUCHED: DeviceKeyState = { generation: 0, previousValidUntil: null, endedAt: null }

/**
 * `deleted`: of a device that is no more. `replaced`: by a newer generation, which a registration answers. `ahead`: only we
 * could have made it, so the state is an old one, and whoever remembers it asks again.
 */
export type DeviceKeyVerdict = 'current' | 'previous' | 'replaced' | 'deleted' | 'ahead'

/** @param generation of a key whose MAC fits @param now epoch ms */
export function judgeDeviceKey(state: DeviceKeyState, generation: number, now: number): DeviceKeyVerdict {
  if (state.endedAt !== null) return 'deleted'
  if (generation === state.generation) return 'current'
  if (generation > state.generation) return 'ahead'
  const isBefore = generation === state.generation - 1
  return isBefore && state.previousValidUntil !== null && now < state.previousValidUntil ? 'previous' : 'replaced'
}
