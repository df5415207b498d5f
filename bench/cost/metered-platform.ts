/** The platform with meters, in a workerd of its own. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { apiClient } from '../../dev/api-client.ts'
import { migrateDatabase } from '../../dev/migrations.ts'
import { ROOT } from '../../dev/root.ts'
import { readWorkerConfig } from '../../dev/worker-config.ts'
import { type AppSecrets, makeApp } from '../app.ts'
import { type Breakdown, TALLY_PATH, type Tally } from '../metered/tally.ts'
import { type BenchPlatform, varsFor, type WayOut } from '../platform.ts'
import type { BenchSimulators } from '../simulators.ts'
import { startWorker } from '../worker-process.ts'

export interface Meters {
  readonly tally: Tally
  readonly breakdown: Breakdown
}

export interface MeteredPlatform extends BenchPlatform {
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
  const worker = await startWorker({
    config: join(ROOT, 'wrangler.toml'),
    entry: join(ROOT, 'bench', 'metered', 'worker.ts'),
    vars: { ...varsFor(simulators, wayOut), ROOT_KEY: rootKey, CREDENTIALS_KEY: credentialsKey },
    prepareState: (persistence) => migrateDatabase(persistence, readWorkerConfig()),
  })
  const key = await makeApp(apiClient(worker.url, rootKey), simulators.control, secrets)
  return {
    api: apiClient(worker.url, key),
    pids: worker.pids,
    readMeters: () => apiClient(worker.url, null).get<Meters>(TALLY_PATH),
    close: () => worker.close(),
  }
}
