import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../../dev/root.ts'
import { readInTheAir } from './in-the-air.ts'

const MIGRATIONS = join(ROOT, 'schema', 'migrations', 'ledger')
const ID = 'ntf_1'
const STARTED_AT = 1_000
const LEASED_AT = 2_000

let directory: string
let shard: DatabaseSync

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fanfare-in-the-air-'))
  const objects = join(directory, 'v3', 'do', 'fanfare-SubscriberShard')
  mkdirSync(objects, { recursive: true })
  shard = new DatabaseSync(join(objects, `${'0a'.repeat(32)}.sqlite`))
  // Nobody pulls the plug on this one.
  shard.exec('pragma synchronous = off')
  for (const file of readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'))) {
    shard.exec(readFileSync(join(MIGRATIONS, file), 'utf8').replaceAll('--> statement-breakpoint', ''))
  }
  insert('fanout', { notification_id: ID, state: 'sending', opened_seq: 1 })
  for (const [slot, user] of ['a', 'b', 'c', 'd'].entries()) {
    insert('member', { platform: 'fcm', slot, device_id: `dev_${user}`, user_id: user })
  }
})

afterEach(() => {
  shard.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A row with 0 in every column that must not be empty and is not given. */
function insert(table: string, values: Record<string, SQLInputValue>): void {
  const columns = shard.prepare(`select name from pragma_table_info('${table}') where "notnull" and dflt_value is null`)
  const zeros = columns.all().map(({ name }) => [name as string, 0] as const)
  const row = { ...Object.fromEntries(zeros), ...values }
  const places = Object.keys(row).map(() => '?')
  const statement = `insert into ${table} (${Object.keys(row).join(', ')}) values (${places.join(', ')})`
  shard.prepare(statement).run(...Object.values(row))
}

/** A ticket of all four, of which only the second is settled. */
function insertTicket(lease: { lease_id: string | null; leased_at: number | null }): void {
  const range = { from_slot: -1, from_device: '', to_slot: 3, to_device: 'dev_d' }
  const done = new Uint8Array([0b0010])
  insert('ticket', { notification_id: ID, number: 0, platform: 'fcm', ...range, size: 4, done, ...lease })
}

const leased = { lease_id: 'lease-1', leased_at: LEASED_AT }
const inTheAir = () => readInTheAir(directory, ID, STARTED_AT)

describe('in the air when the platform was killed', () => {
  it('was whoever was leased and not settled', async () => {
    insertTicket(leased)
    expect(await inTheAir()).toEqual(['a', 'c', 'd'])
  })

  it('was nobody who waited for a retry, but whoever had waited', async () => {
    insertTicket(leased)
    insert('exception', { notification_id: ID, ticket: 0, ordinal: 2, device_id: 'dev_c', retry_at: LEASED_AT + 1 })
    insert('exception', { notification_id: ID, ticket: 0, ordinal: 3, device_id: 'dev_d', retry_at: LEASED_AT })
    expect(await inTheAir()).toEqual(['a', 'd'])
  })

  it.each([
    ['that nobody held', { lease_id: null, leased_at: LEASED_AT }],
    ['that an earlier kill had interrupted', { lease_id: 'lease-1', leased_at: STARTED_AT - 1 }],
  ])('was nobody of a ticket %s', async (_, lease) => {
    insertTicket(lease)
    expect(await inTheAir()).toEqual([])
  })
})
