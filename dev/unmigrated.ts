/**
 * Whether every table is as the migrations leave it: drizzle-kit is asked to write the next migration into a copy,
 * and there must be none.
 */
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Config } from 'drizzle-kit'
import { ROOT } from './root.ts'

/** The configurations that `npm run migrations` goes through. */
export const MIGRATED_SCHEMAS = [
  'schema/d1',
  'schema/ledger',
  'schema/notification',
  'schema/webhooks',
  'schema/audit',
] as const

/** @returns null when the migrations are complete, else what is missing, or why it could not be told */
export async function findUnmigrated(schemaFolder: string): Promise<string | null> {
  const { default: config } = (await import(join(ROOT, schemaFolder, 'drizzle.config.ts'))) as { default: Config }
  if (typeof config.schema !== 'string' || config.out === undefined)
    throw new Error(`${schemaFolder}: no schema or out`)
  await mkdir(join(ROOT, '.fanfare'), { recursive: true })
  const copy = await mkdtemp(join(ROOT, '.fanfare', 'migrations-'))
  try {
    await cp(join(ROOT, config.out), copy, { recursive: true })
    const before = new Set(await readdir(copy))
    const output = await generate(config.schema, relative(ROOT, copy))
    const added = (await readdir(copy)).filter((name) => name.endsWith('.sql') && !before.has(name))
    if (added.length > 0) return readFile(join(copy, added[0]!), 'utf8')
    return output.includes('No schema changes') ? null : output
  } finally {
    await rm(copy, { recursive: true })
  }
}

/** The output folder must be relative: drizzle-kit puts `./` before it. */
async function generate(schema: string, out: string): Promise<string> {
  const bin = join(ROOT, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const args = [bin, 'generate', '--dialect', 'sqlite', '--schema', schema, '--out', out]
  // Without a terminal it fails where it would ask whether a column was renamed.
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return output + errors
}
