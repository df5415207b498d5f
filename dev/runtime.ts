/**
 * The Worker on this machine: workerd as wrangler would configure it, driven through Miniflare, which is what
 * `wrangler dev` stands on too. `wrangler dev` itself puts a second workerd in front of the first, for reloads: that
 * costs four fifths of the requests a second, and asks the network for a `request.cf` at each start.
 */
import { join } from 'node:path'
import { startClock } from './clock.ts'
import { migrateDatabase } from './migrations.ts'
import { openMiniflare } from './miniflare.ts'
import type { Vars } from './settings.ts'
import { bundleWorker } from './worker-bundle.ts'
import type { WorkerConfig } from './worker-config.ts'

export interface RuntimeOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** As wrangler's `--persist-to`. */
  readonly persistTo: string
  readonly config: WorkerConfig
  /** Worker variables and secrets, all of them. */
  readonly vars: Vars
  /** A line that the Worker or its runtime logged. */
  readonly onLog: (level: string, line: string) => void
}

export interface Runtime {
  readonly url: string
  close(): Promise<void>
}

/**
 * Bundles the Worker, migrates its database and starts it; resolves when it answers. @throws when it does not build or
 * the port is taken
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const persistence = join(options.persistTo, 'v3')
  const [bundle] = await Promise.all([bundleWorker(), migrateDatabase(persistence, options.config)])
  const { name, options: configured } = options.config
  const code = { modulesRoot: bundle.directory, modules: bundle.modules }
  const miniflare = openMiniflare({
    host: options.host,
    port: options.port,
    resourcePersistencePath: persistence,
    workers: [{ ...configured, ...code, name, bindings: options.vars }],
    handleStructuredLogs: ({ level, message }) => options.onLog(level, message),
  })
  try {
    const { origin } = await miniflare.ready
    const stopClock = startClock(miniflare, (explanation) => options.onLog('error', explanation))
    const close = async () => {
      stopClock()
      await miniflare.dispose()
    }
    return { url: origin, close }
  } catch (error) {
    await miniflare.dispose()
    throw error
  }
}
