import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditRow, BEGINNING, type ChainPlace, hashOf, nextRow } from './audit-chain.ts'
import type { AuditEntry } from './audit-entry.ts'
import { prunedEntry } from './audit-pruning.ts'
import { beginVerification, verifyEnd, verifyLine } from './audit-verification.ts'

const LOG = 'app_1'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function entry(target: string): AuditEntry {
  return {
    action: 'revokeKey',
    target,
    actor: { kind: 'key', id: 'key_1', name: 'ops', role: 'admin', user_id: null },
    origin: { ip: '192.0.2.1', country: 'FR', asn: 64496, user_agent: 'curl', request_id: 'req_1' },
    outcome: 'done',
    status: 204,
    code: null,
    before: { role: 'sender' },
    after: null,
  }
}

function chainOf(count: number, from: ChainPlace = BEGINNING, prefix = 'key'): AuditRow[] {
  const rows: AuditRow[] = []
  for (let i = 0; i < count; i++) {
    const { sequence, hash } = rows.at(-1) ?? from
    rows.push(nextRow(LOG, { sequence, hash, at: 1_000 * i }, entry(`${prefix}_${i}`), 1_000 * i, sha256))
  }
  return rows
}

/** Another row, which says that rows go: all up to the one with that index. */
function withPruned(rows: readonly AuditRow[], index: number): AuditRow[] {
  const { sequence, hash } = rows.at(-1)!
  return [...rows, nextRow(LOG, { sequence, hash, at: 0 }, prunedEntry(placeOf(rows[index])), 1_000_000, sha256)]
}

function placeOf(row: AuditRow | undefined, from: ChainPlace = BEGINNING): ChainPlace {
  const { sequence, hash } = row ?? from
  return { sequence, hash }
}

function linesOf(rows: readonly AuditRow[], anchor: ChainPlace = BEGINNING): string[] {
  const head = placeOf(rows.at(-1), anchor)
  return [{ anchor: { log: LOG, ...anchor } }, ...rows, { head }].map((line) => JSON.stringify(line))
}

/** What is wrong; null: everything holds. */
function verdict(lines: readonly string[], noted: ChainPlace | null = null): string | null {
  let known = beginVerification(noted)
  for (const line of lines) {
    const next = verifyLine(known, line, sha256)
    if ('broken' in next) return next.broken
    known = next
  }
  return verifyEnd(known)?.broken ?? null
}

describe('an export that nobody touched', () => {
  it.each([0, 1, 2, 20])('of %i rows holds', (count) => {
    const rows = chainOf(count)
    expect(verdict(linesOf(rows))).toBeNull()
    expect(verdict(linesOf(rows), placeOf(rows.at(-1)))).toBeNull()
  })

  it('holds from an anchor on that it names itself, and against a head noted there or later', () => {
    const rows = withPruned(chainOf(9), 3)
    const anchor = placeOf(rows[3])
    const rest = linesOf(rows.slice(4), anchor)
    expect(verdict(rest)).toBeNull()
    expect(verdict(rest, anchor)).toBeNull()
    expect(verdict(rest, placeOf(rows[6]))).toBeNull()
    expect(verdict(rest, placeOf(rows[2]))).toContain('begins after it')
  })

  it('holds while rows are going that were said to go', () => {
    const rows = withPruned(chainOf(9), 3)
    for (const gone of [1, 2, 3]) expect(verdict(linesOf(rows.slice(gone), placeOf(rows[gone - 1])))).toBeNull()
    expect(verdict(linesOf(rows))).toBeNull()
  })

  it('holds whatever the order of the fields', () => {
    const lines = linesOf(chainOf(3)).map((line) => {
      return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse()))
    })
    expect(verdict(lines)).toBeNull()
  })
})

const rows = chainOf(5)
const [, second, third] = rows as [AuditRow, AuditRow, AuditRow]
const changed = { ...third, target: 'key_9' }
/** Changed by somebody who knows how rows are hashed. */
const rehashed = { ...changed, hash: hashOf(changed, sha256) }
const swap = [rows[0]!, third, second, rows[3]!, rows[4]!]
const with3 = (row: object) => rows.map((other) => (other === third ? (row as AuditRow) : other))

describe('what was done to a log is found, and where', () => {
  it.each<[string, readonly string[], string]>([
    ['a field changed', linesOf(with3(changed)), 'Row 3 was changed'],
    ['a field added', linesOf(with3({ ...third, note: 'x' })), 'Row 3 was changed'],
    ['a row changed and hashed anew', linesOf(with3(rehashed)), 'Row 4 does not follow row 3'],
    ['a row taken out', linesOf(rows.toSpliced(2, 1)), 'row 3 is missing'],
    ['the first row taken out', linesOf(rows.slice(1)), 'row 1 is missing'],
    ['several rows taken out', linesOf(rows.toSpliced(1, 3)), 'rows 2 to 4 are missing'],
    ['a row put in twice', linesOf(rows.toSpliced(2, 0, second)), 'put in or moved'],
    ['two rows in another order', linesOf(swap), 'row 2 is missing'],
    ['rows numbered anew over a gap', linesOf(with3({ ...rows[3]!, sequence: 3 })), 'Row 3 does not follow row 2'],
    ['a clock turned back', linesOf(with3(aged())), 'Row 3 is older'],
    ['a row of another log', linesOf(with3({ ...third, log: 'app_2' })), 'of the log app_2'],
    ['the end cut off with its head', linesOf(rows).slice(0, 4), 'cut off after row 3'],
    ['the end cut off before the head', [...linesOf(rows).slice(0, 4), linesOf(rows).at(-1)!], 'The head names row 5'],
    ['something after the head', [...linesOf(rows), '{}'], 'comes after the head'],
    ['no anchor', linesOf(rows).slice(1), 'must be the anchor'],
    ['a forged anchor', [`{"anchor":{"log":"app_1","sequence":0,"hash":"${'a'.repeat(64)}"}}`], 'is no anchor'],
    ['no JSON', [linesOf(rows)[0]!, 'x'], 'Line 2 is not a JSON object'],
    ['another kind of line', [linesOf(rows)[0]!, '{"sequence":"1"}'], 'Line 2 is no row'],
    ['nothing at all', [], 'The export is empty'],
  ])('%s', (_what, lines, what) => {
    expect(verdict(lines)).toContain(what)
  })

  it('a log cut off at its beginning, wherever its anchor is put', () => {
    const pruned = withPruned(rows, 1)
    const cut = (from: readonly AuditRow[], index: number) =>
      verdict(linesOf(from.slice(index), placeOf(rows[index - 1])))
    expect(cut(rows, 2)).toContain('its beginning was cut off')
    expect(cut(pruned, 2)).toBeNull()
    expect(cut(pruned, 3)).toContain('its beginning was cut off')
    const foreign = { ...placeOf(rows[1]), hash: 'a'.repeat(64) }
    const row = nextRow(LOG, { ...placeOf(rows[4]), at: 0 }, prunedEntry(foreign), 1_000_000, sha256)
    expect(cut([...rows, row], 2)).toContain('its beginning was cut off')
  })

  it('a log cut off at its end, or written anew as a whole, by a head that was noted elsewhere', () => {
    const head = placeOf(rows.at(-1))
    expect(verdict(linesOf(rows.slice(0, 4)))).toBeNull()
    expect(verdict(linesOf(rows.slice(0, 4)), head)).toContain('its end was cut off')
    const anew = chainOf(5, undefined, 'forged')
    expect(verdict(linesOf(anew))).toBeNull()
    expect(verdict(linesOf(anew), head)).toContain('written anew')
  })

  it('any change of any row', () => {
    const paths = ['at', 'action', 'target', 'outcome', 'status', 'code', 'before', 'after', 'previous_hash', 'hash']
    fc.assert(
      fc.property(fc.nat(4), fc.constantFrom(...paths), fc.jsonValue(), (index, field, value) => {
        const row = rows[index]!
        fc.pre(JSON.stringify(row[field as keyof AuditRow]) !== JSON.stringify(value))
        const touched = rows.map((other) => (other === row ? { ...row, [field]: value } : other))
        expect(verdict(linesOf(touched as AuditRow[]))).not.toBeNull()
      }),
    )
  })

  it('any choice and order of rows but the whole', () => {
    const choices = fc.array(fc.constantFrom(...rows), { maxLength: 7 })
    fc.assert(
      fc.property(choices, (chosen) => {
        fc.pre(chosen.some((row, index) => row !== rows[index]))
        expect(verdict(linesOf(chosen))).not.toBeNull()
      }),
    )
  })
})

/** A third row that a log would write only if its clock went backwards. */
function aged(): AuditRow {
  const row = { ...third, at: new Date(0).toISOString() }
  return { ...row, hash: hashOf(row, sha256) }
}
