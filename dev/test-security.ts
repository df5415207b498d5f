/**
 * `npm run test:security`: everything that proves SECURITY.md, and nothing else. Says what it runs. Arguments go to vitest.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { findProofs } from './security-proofs.ts'
import { runVitest } from './vitest.ts'

const proofs = findProofs(readFileSync(join(ROOT, 'SECURITY.md'), 'utf8'))
console.log(`The proofs of SECURITY.md:\n${proofs.map((path) => `  ${path}`).join('\n')}`)
process.exit(await runVitest([...proofs, ...process.argv.slice(2)]))
