import { expect, it } from 'vitest'
import { type DeviceKeyState, type DeviceKeyVerdict, judgeDeviceKey, UNTOUCHED } from './device-key-state.ts'

const NOW = 1_000
const state = (parts: Partial<DeviceKeyState>): DeviceKeyState => ({ ...UNTOUCHED, ...parts })

it.each<[what: string, state: DeviceKeyState, generation: number, verdict: DeviceKeyVerdict]>([
  ['the first key', UNTOUCHED, 0, 'current'],
  ['a key that was rotated at once', state({ generation: 1 }), 0, 'replaced'],
  ['the key after it', state({ generation: 1 }), 1, 'current'],
  ['a key within its overlap', state({ generation: 1, previousValidUntil: NOW + 1 }), 0, 'previous'],
  ['a key at the end of its overlap', state({ generation: 1, previousValidUntil: NOW }), 0, 'replaced'],
  [
    'a key that was rotated twice within its overlap',
    state({ generation: 2, previousValidUntil: NOW + 1 }),
    0,
    'replaced',
  ],
  ['a key that another isolate has just made', UNTOUCHED, 1, 'ahead'],
  ['the key of a deleted device', state({ endedAt: 1 }), 0, 'deleted'],
  [
    'any key of a deleted device, overlap or not',
    state({ generation: 1, previousValidUntil: NOW + 1, endedAt: 1 }),
    0,
    'deleted',
  ],
])('%s', (_what, known, generation, verdict) => {
  expect(judgeDeviceKey(known, generation, NOW)).toBe(verdict)
})
