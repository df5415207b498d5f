/**
 * `npm run credentials:rotate -- --url <address>`: after CREDENTIALS_KEY has changed, has everything sealed with it, and says
 * when the old one is needed no more. The root key comes from the environment, so that it is in no shell's history.
 */
import { apiClient } from './api-client.ts'
import { fail, readFlags } from './command.ts'
import { FlagError, readOptions, unexpected } from './flags.ts'
import { resealAll } from './reseal.ts'

const USAGE = `Usage: ROOT_KEY=… npm run credentials:rotate -- --url https://<your worker>

Seals every stored secret with the present CREDENTIALS_KEY. Before it, deploy with the old key in
CREDENTIALS_KEY_PREVIOUS and a new one in CREDENTIALS_KEY: docs/operations.md says how.`

interface Flags {
  readonly url: string
  readonly help: boolean
}

function parseFlags(args: readonly string[]): Flags {
  const { values, positionals } = readOptions(args, { url: { type: 'string' }, help: { type: 'boolean' } })
  if (positionals.length > 0) throw unexpected(positionals[0]!)
  const url = String(values.url ?? '')
  if (values.help !== true && !URL.canParse(url)) throw new FlagError('--url wants the address of the platform')
  return { url, help: values.help === true }
}

async function run({ url }: Flags): Promise<void> {
  const rootKey = process.env.ROOT_KEY
  if (!rootKey) throw new Error('Set ROOT_KEY in the environment to the root key of the platform.')
  const { seen, unreadable } = await resealAll(apiClient(url, rootKey), console.log)
  if (unreadable.length === 0) {
    console.log(
      `\nAll ${seen} secrets are sealed with CREDENTIALS_KEY. Nothing needs CREDENTIALS_KEY_PREVIOUS any more:`,
    )
    console.log('npx wrangler secret delete CREDENTIALS_KEY_PREVIOUS')
    return
  }
  console.error(`\n${unreadable.length} of ${seen} secrets open with no key that is set, and were left as they are:`)
  for (const name of unreadable) console.error(`  ${name}`)
  throw new Error(
    'Keep CREDENTIALS_KEY_PREVIOUS, and add the key that sealed them, after a comma. Then run this again.',
  )
}

await run(readFlags(parseFlags, USAGE)).catch(fail)
