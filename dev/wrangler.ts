/**
 * Runs wrangler's command line on our own Node, quietly and without the network: no banner, which asks the registry
 * for updates, and no telemetry.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT } from './root.ts'

const WRANGLER = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')

export const QUIET_WRANGLER = { WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false' } as const

/** Runs to its end and returns what it printed. @throws with its output when it fails */
export async function runWrangler(args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...QUIET_WRANGLER, FORCE_COLOR: '0' }
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code === 0) return output
  throw new Error(`wrangler ${args.join(' ')} failed:\n${output}${errors}`)
}

/** Runs in the foreground, for commands whose output and questions are for the user. Resolves to its exit code. */
export async function showWrangler(args: readonly string[]): Promise<number> {
  const env = { ...process.env, ...QUIET_WRANGLER }
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? 1)))
}
