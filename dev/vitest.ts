/**
 * Runs vitest on our own Node, for the commands that test, and reads everything that the tests, the Worker, the egress and
 * the simulators print meanwhile: a secret among it fails the run, whatever the tests say.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { TEST_SECRETS } from '../test/secrets.ts'
import { ROOT } from './root.ts'
import { type Spilled, watchOutput } from './watch-output.ts'
import { QUIET_WRANGLER } from './wrangler.ts'

export const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')

/** Resolves to the exit code of the command. */
export async function runVitest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [VITEST, 'run', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...QUIET_WRANGLER, ...colors() },
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  const ended = new Promise<number>((resolve, reject) =>
    child.once('error', reject).once('exit', (code) => resolve(code ?? 1)),
  )
  const [code, ...spilled] = await Promise.all([
    ended,
    watchOutput(child.stdout, process.stdout, TEST_SECRETS),
    watchOutput(child.stderr, process.stderr, TEST_SECRETS),
  ])
  const count = report('standard output', spilled[0]) + report('standard error', spilled[1])
  if (count === 0) console.log('No secret is in what was printed.')
  return code === 0 && count > 0 ? 1 : code
}

/** What is read by us is no terminal to vitest; its reader may have one all the same. */
function colors(): Record<string, string> {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? { FORCE_COLOR: '1' } : {}
}

/** @returns how many lines have a secret */
function report(stream: string, spilled: readonly Spilled[]): number {
  for (const { line, kinds } of spilled) console.error(`A secret is in line ${line} of ${stream}: ${kinds.join(', ')}.`)
  return spilled.length
}
