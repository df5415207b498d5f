/** Runs vitest on our own Node, for the commands that test. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { QUIET_WRANGLER } from './wrangler.ts'

const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')

/** Resolves to its exit code. */
export function runVitest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [VITEST, 'run', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET_WRANGLER },
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)))
}
