/**
 * `npm run check`: format, lint and dependency arrows (Biome), types of the Worker's and of the Node side, whether
 * what is generated is up to date, and dependencies. All at once; prints what failed, and a line for each.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { checkDependencies } from './licences.ts'
import { ROOT } from './root.ts'
import { findUnmigrated, MIGRATED_SCHEMAS } from './unmigrated.ts'
import { QUIET_WRANGLER } from './wrangler.ts'

interface Check {
  readonly name: string
  /** Resolves to null, or to what is wrong. */
  readonly run: () => Promise<string | null>
  /** What makes it right again, where a command does. */
  readonly cure?: string
}

const CHECKS: readonly Check[] = [
  {
    name: 'format, lint, dependency arrows',
    run: () => bin('biome', ['ci', '--colors=off', '.']),
    cure: 'npx biome check --write',
  },
  { name: 'types of the Worker side', run: () => bin('tsc', ['--pretty', 'false', '-p', 'tsconfig.json']) },
  { name: 'types of the Node side', run: () => bin('tsc', ['--pretty', 'false', '-p', 'tsconfig.node.json']) },
  {
    name: 'worker-configuration.d.ts',
    run: () => bin('wrangler', ['types', '--include-runtime=false', '--strict-vars=false', '--check']),
    cure: 'npm run types',
  },
  { name: 'dependencies: pinned, whole, licensed', run: checkDependencies, cure: 'npm run licences, for the page' },
  ...MIGRATED_SCHEMAS.map((config) => ({
    name: `migrations of ${config}`,
    run: () => findUnmigrated(config),
    cure: 'npm run migrations',
  })),
]

const results = await Promise.all(
  CHECKS.map(async (check) => {
    const startedAt = performance.now()
    const problem = await check.run()
    return { ...check, problem, seconds: (performance.now() - startedAt) / 1000 }
  }),
)
for (const { name, problem, cure } of results) {
  if (problem === null) continue
  console.log(`── ${name} ──\n${problem.trim()}`)
  if (cure !== undefined) console.log(`Cure: ${cure}`)
  console.log()
}
for (const { name, problem, seconds } of results) {
  console.log(`${problem === null ? '✓' : '✗'} ${name}  ${seconds.toFixed(1)} s`)
}
const failed = results.filter(({ problem }) => problem !== null).length
console.log(failed === 0 ? `check: all ${results.length} passed` : `check: ${failed} of ${results.length} failed`)
process.exit(failed === 0 ? 0 : 1)

/** Runs one of the installed commands; its output when it fails, null when it does not. */
function bin(name: string, args: string[]): Promise<string | null> {
  const path = join(ROOT, 'node_modules', '.bin', name)
  const options = {
    cwd: ROOT,
    env: { ...process.env, ...QUIET_WRANGLER, FORCE_COLOR: '0' },
    maxBuffer: 64 * 1024 * 1024,
  }
  return new Promise((resolve) => {
    execFile(path, args, options, (error, stdout, stderr) => resolve(error === null ? null : `${stdout}${stderr}`))
  })
}
