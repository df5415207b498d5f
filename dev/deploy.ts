/**
 * `npm run deploy`: tables first, because the new Worker may need them, then the Worker. With `--dry-run` nothing
 * leaves this machine: it builds what would be deployed into dist/. Other arguments go to `wrangler deploy`.
 */
import { showWrangler } from './wrangler.ts'

const DATABASE = 'fanfare'

const args = process.argv.slice(2)
const dryRun = args.includes('--dry-run')

if (!dryRun) {
  const code = await showWrangler(['d1', 'migrations', 'apply', DATABASE, '--remote'])
  if (code !== 0) process.exit(code)
}
process.exit(await showWrangler(['deploy', ...(dryRun ? ['--outdir', 'dist'] : []), ...args]))
