/**
 * Brings a local D1 database up to the schema in schema/migrations/d1. Keeps the same record as
 * `wrangler d1 migrations apply --local`, so that both can be used on one database.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { D1Database } from '@cloudflare/workers-types'
import { unstable_splitSqlQuery as splitStatements } from 'wrangler'
import { openMiniflare } from './miniflare.ts'
import { ROOT } from './root.ts'
import type { WorkerConfig } from './worker-config.ts'

const BINDING = 'DB'
const DIRECTORY = join(ROOT, 'schema', 'migrations', 'd1')

const CREATE_RECORD = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`

/**
 * Done before the Worker starts, in a runtime of its own that serves nothing, so that no request ever meets a
 * database without its tables.
 *
 * @param persistence the directory below which the runtime keeps its state
 * @returns the files that were applied
 */
export async function migrateDatabase(persistence: string, config: WorkerConfig): Promise<string[]> {
  const miniflare = openMiniflare({
    resourcePersistencePath: persistence,
    modules: true,
    script: 'export default {}',
    d1Databases: config.databases,
  })
  try {
    return await applyMissing(await miniflare.getD1Database(BINDING))
  } finally {
    await miniflare.dispose()
  }
}

/** Each file goes in as one transaction with its entry in the record. */
async function applyMissing(db: D1Database): Promise<string[]> {
  await db.prepare(CREATE_RECORD).run()
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map((row) => row.name))
  const files = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.sql')).sort()
  const missing = files.filter((name) => !applied.has(name))
  for (const name of missing) {
    const statements = splitStatements(await readFile(join(DIRECTORY, name), 'utf8'))
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await db.batch([...statements.map((statement) => db.prepare(statement)), record])
  }
  return missing
}
