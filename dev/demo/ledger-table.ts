/**
 * The ledger as a table: platforms down, statuses across. Pure.
 */
import { PLATFORMS } from '../../push/device.ts'
import type { LedgerCounts } from '../../push/ledger.ts'
import { SETTLED_STATUSES } from '../../push/outcome.ts'
import { formatCount, PLATFORM_NAMES } from './names.ts'
import type { LedgerView } from './send.ts'

const COLUMNS = ['targeted', ...SETTLED_STATUSES, 'pending'] as const
const GAP = '  '

/** Lines of a table whose last row is the sum. */
export function renderLedger(ledger: Pick<LedgerView, 'counts' | 'by_platform'>): string[] {
  const rows: [name: string, counts: LedgerCounts][] = PLATFORMS.flatMap((platform) => {
    const counts = ledger.by_platform[platform]
    return counts === undefined ? [] : [[PLATFORM_NAMES[platform], counts]]
  })
  rows.push(['all', ledger.counts])
  const nameWidth = Math.max(...rows.map(([name]) => name.length))
  const width = (column: (typeof COLUMNS)[number]) =>
    Math.max(column.length, ...rows.map(([, counts]) => formatCount(counts[column]).length))

  const line = (name: string, cell: (column: (typeof COLUMNS)[number]) => string) =>
    GAP + [name.padEnd(nameWidth), ...COLUMNS.map((column) => cell(column).padStart(width(column)))].join(GAP)
  const head = line('', (column) => column)
  const body = rows.map(([name, counts]) => line(name, (column) => formatCount(counts[column])))
  const rule = GAP + '─'.repeat(head.length - GAP.length)
  return [head, rule, ...body.slice(0, -1), rule, ...body.slice(-1)]
}
