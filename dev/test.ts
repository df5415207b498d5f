/** `npm test`: every test that needs no browser. Arguments go to vitest (`npm test -- dev/flags`). */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { QUIET_WRANGLER } from './wrangler.ts'

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, ...QUIET_WRANGLER },
  stdio: 'inherit',
})
child.once('exit', (code) => process.exit(code ?? 1))
