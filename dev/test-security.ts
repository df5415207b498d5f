/**
 * `npm run test:security`: everything that proves SECURITY.md, and nothing else: its tests, then what only a browser can say,
 * where one is. Says what it runs. Arguments go to vitest.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { findProofs } from './security-proofs.ts'
import { runVitest } from './vitest.ts'

const proofs = findProofs(readFileSync(join(ROOT, 'SECURITY.md'), 'utf8'))
console.log(`The proofs of SECURITY.md:\n${proofs.map((path) => `  ${path}`).join('\n')}`)
const tested = await runVitest([...proofs, ...process.argv.slice(2)])
console.log('\nWhat a browser makes of it:')
const browsed = await runBrowsers()
console.log(tested + browsed === 0 ? 'test:security: all of it holds' : 'test:security: failed, see above')
process.exit(tested + browsed === 0 ? 0 : 1)

function runBrowsers(): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'test', 'e2e', 'run-security.ts')], { cwd: ROOT, stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)))
}
