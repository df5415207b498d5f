/** The results of the crash test as a table. Pure. */
import { formatCount } from '../../dev/demo/names.ts'
import { renderColumns } from '../witness/table.ts'
import type { Result } from './series.ts'

type Cells = readonly string[]

const HEAD: Cells = [
  'guarantee',
  'way out',
  'kills',
  'shards',
  'targeted',
  'accepted',
  'dead',
  'unconfirmed',
  'lost',
  'twice, by kills',
  'in the air',
  'twice, no answer',
  'seconds',
]
const LEFT_COLUMNS = 2

/** Lines; the last one is the sum. */
export function renderTable(rows: readonly Result[]): string[] {
  const lines = rows.map((row) => cellsOf(row.guarantee, row.wayOut, [row]))
  return renderColumns([HEAD, ...lines, cellsOf('all', '', rows)], LEFT_COLUMNS)
}

function cellsOf(guarantee: string, wayOut: string, rows: readonly Result[]): Cells {
  const sum = (count: (row: Result) => number) => formatCount(rows.reduce((total, row) => total + count(row), 0))
  return [
    guarantee,
    wayOut,
    sum(({ kills }) => kills),
    formatCount(Math.max(...rows.map(({ shards }) => shards))),
    sum(({ audit }) => audit.targeted),
    sum(({ audit }) => audit.accepted),
    sum(({ audit }) => audit.unregistered),
    sum(({ audit }) => audit.unconfirmed),
    sum(({ audit }) => audit.lost),
    sum(({ audit }) => audit.duplicatesOfKills),
    sum(({ audit }) => audit.mostDuplicatesOfKills),
    sum(({ audit }) => audit.duplicates - audit.duplicatesOfKills),
    sum(({ seconds }) => seconds),
  ]
}
