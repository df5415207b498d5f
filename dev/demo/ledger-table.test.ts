import { expect, it } from 'vitest'
import { emptyCounts } from '../../push/ledger.ts'
import { renderLedger } from './ledger-table.ts'

it('puts platforms down, statuses across, and the sum last', () => {
  const fcm = { ...emptyCounts(), targeted: 12_000, accepted: 11_950, unregistered: 50 }
  const webpush = { ...emptyCounts(), targeted: 3, accepted: 1, failed: 1, pending: 1 }
  const counts = { ...emptyCounts(), targeted: 12_003, accepted: 11_951, unregistered: 50, failed: 1, pending: 1 }
  expect(renderLedger({ counts, by_platform: { fcm, webpush } })).toEqual([
    '            targeted  accepted  unregistered  failed  suppressed  expired  canceled  pending',
    '  ──────────────────────────────────────────────────────────────────────────────────────────',
    '  FCM         12,000    11,950            50       0           0        0         0        0',
    '  Web Push         3         1             0       1           0        0         0        1',
    '  ──────────────────────────────────────────────────────────────────────────────────────────',
    '  all         12,003    11,951            50       1           0        0         0        1',
  ])
})
