/**
 * The CI's question whether a dependency has a known vulnerability, to whatever registry npm is configured for. Nobody may be
 * there to ask: that is said, and fails nothing. A known vulnerability of a package that is deployed fails.
 */
import { spawnSync } from 'node:child_process'
import { judgeAudit } from './judge-audit.ts'
import { ROOT } from './root.ts'

/** A registry that answers does so in a second or two. */
const PATIENCE = ['--fetch-retries=0', '--fetch-timeout=20000']
const DEPLOYED = ['--omit=dev']

const verdicts = [
  { of: 'what is deployed', ...judgeAudit(ask(DEPLOYED)), fails: true },
  { of: 'everything that is installed', ...judgeAudit(ask([])), fails: false },
]
for (const { of, words } of verdicts) console.log(`${of}: ${words}`)
process.exit(verdicts.some(({ fails, vulnerable }) => fails && vulnerable) ? 1 : 0)

function ask(args: readonly string[]): string {
  const { stdout } = spawnSync('npm', ['audit', '--json', ...PATIENCE, ...args], { cwd: ROOT, encoding: 'utf8' })
  return stdout ?? ''
}
