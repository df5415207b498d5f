/** The platform with meters, in a workerd of its own. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { apiClient } from '../../dev/api-client.ts'
import { Openings } from '../../dev/command.ts'
import { startLocalEgress } from '../../dev/local-egress.ts'
import { migrateDatabase } from '../../dev/migrations.ts'
import { ROOT } from '../../dev/root.ts'
import { readWorkerConfig } from '../../dev/worker-config.ts'
import { type AppSecrets, makeApp } from '../app.ts'
import { listChildren } from '../cpu-time.ts'
import { pidsOf } from '../memory.ts'
import { type Breakdown, TALLY_PATH, type Tally } from '../metered/tally.ts'
import { type BenchPlatform, varsFor, type WayOut } from '../platform.ts'
import type { BenchSimulators } from '../simulators.ts'
import { startWorker } from '../worker-process.ts'

export interface Meters {
  readonly tally: Tally
  readonly breakdown: Breakdown
}

export interface MeteredPlatform extends BenchPlatform {
  /** Of workerd alone: what runs on Cloudflare. */
  readonly workerPids: readonly number[]
  readMeters(): Promise<Meters>
}

const MASTER_KEY_BYTES = 32

export async function startMeteredPlatform(
  simulators: BenchSimulators,
  secrets: AppSecrets,
  wayOut: WayOut,
): Promise<MeteredPlatform> {
  const rootKey = `root_${randomBytes(MASTER_KEY_BYTES).toString('base64url')}`
  const credentialsKey = randomBytes(MASTER_KEY_BYTES).toString('base64')
  const config = readWorkerConfig()
  const vars = { ...config.vars, ...varsFor(simulators, wayOut), ROOT_KEY: rootKey, CREDENTIALS_KEY: credentialsKey }
  const others = new Set(listChildren())
  // The egress reads it when it starts.
  process.env.NODE_EXTRA_CA_CERTS = simulators.addresses.caFile
  const parts = new Openings()
  try {
    const egress = wayOut === 'egress' ? parts.add(await startLocalEgress(vars, logToStderr)) : null
    const worker = parts.add(
      await startWorker({
        config: join(ROOT, 'wrangler.toml'),
        entry: join(ROOT, 'bench', 'metered', 'worker.ts'),
        vars: { ...vars, ...egress?.vars },
        prepareState: (persistence) => migrateDatabase(persistence, config),
      }),
    )
    const pids = listChildren().filter((pid) => !others.has(pid))
    const key = await makeApp(apiClient(worker.url, rootKey), simulators.control, secrets)
    return {
      api: apiClient(worker.url, key),
      pids,
      workerPids: pidsOf('workerd', pids),
      readMeters: () => apiClient(worker.url, null).get<Meters>(TALLY_PATH),
      close: () => parts.close(),
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

function logToStderr(_level: string, line: string): void {
  process.stderr.write(`${line}\n`)
}
