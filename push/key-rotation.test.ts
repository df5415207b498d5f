import { expect, it } from 'vitest'
import { type KeyLife, planRotation, type RotationPlan } from './key-rotation.ts'

const NOW = 10_000
const OVERLAP_MS = 1_000
const key = (life: Partial<KeyLife>): KeyLife => {
  return { createdAt: 4_000, expiresAt: null, revokedAt: null, replacedBy: null, ...life }
}
const rotate = (oldExpiresAt: number, newExpiresAt: number | null) => ({
  kind: 'rotate' as const,
  oldExpiresAt,
  newExpiresAt,
})
const refuse = (because: 'replaced' | 'revoked' | 'expired') => ({ kind: 'refuse' as const, because })

it.each<[what: string, old: KeyLife, plan: RotationPlan]>([
  ['without an expiry ends after the overlap, and the new one does not', key({}), rotate(11_000, null)],
  ['with an expiry is followed by one that lives as long', key({ expiresAt: 20_000 }), rotate(11_000, 26_000)],
  ['that expires within the overlap expires when it would have', key({ expiresAt: 10_500 }), rotate(10_500, 16_500)],
  ['that has expired is not rotated', key({ expiresAt: NOW }), refuse('expired')],
  ['that was revoked is not rotated', key({ revokedAt: 1 }), refuse('revoked')],
  ['that was rotated is not rotated again', key({ replacedBy: 'key_2', expiresAt: 11_000 }), refuse('replaced')],
])('a key %s', (_what, old, plan) => {
  expect(planRotation(old, NOW, OVERLAP_MS)).toEqual(plan)
})
