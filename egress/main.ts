/**
 * `npm run egress`: the egress as a process. Ends when it is told to (SIGTERM, SIGINT), after the tickets under way;
 * with `--with-parent` also when its standard input ends, so that it never outlives the process that started it.
 */
import { readEnvironment } from './environment.ts'
import { type EgressOptions, startEgress } from './server.ts'

const egress = await startEgress(readOptions())
console.log(`egress: ${egress.url}`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end)
if (process.argv.includes('--with-parent')) process.stdin.once('end', end).resume()

async function end(): Promise<void> {
  await egress.close()
  process.exit(0)
}

function readOptions(): EgressOptions {
  try {
    return readEnvironment(process.env)
  } catch (error) {
    console.error(`egress: ${error instanceof Error ? error.message : error}`)
    process.exit(2)
  }
}
