/**
 * What wrangler.toml and .dev.vars say, as the local runtime takes it. Reads only.
 */
import { join } from 'node:path'
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import { ROOT } from './root.ts'
import type { Vars } from './settings.ts'

const CONFIG = join(ROOT, 'wrangler.toml')

export interface WorkerConfig {
  readonly name: string
  /** Text variables and secrets. */
  readonly vars: Vars
  /** D1 databases by binding. */
  readonly databases: Record<string, { readonly id: string }>
  /** Bindings, queues, objects, compatibility: everything but the code and the variables. */
  readonly options: MiniflareWorkerOptions
}

type MiniflareWorkerOptions = ReturnType<typeof unstable_getMiniflareWorkerOptions>['workerOptions']

/** @param path of a wrangler.toml other than the repository's own */
export function readWorkerConfig(path = CONFIG): WorkerConfig {
  // The rules are for modules found next to the sources; wrangler has bundled them.
  const { modulesRules: _, bindings, ...options } = unstable_getMiniflareWorkerOptions(path).workerOptions
  const texts = Object.entries(bindings ?? {}).filter((entry) => typeof entry[1] === 'string')
  return {
    name: unstable_readConfig({ config: path }).name ?? 'fanfare',
    vars: Object.fromEntries(texts) as Vars,
    // wrangler's type of these options forgets which members it knows.
    databases: options.d1Databases as WorkerConfig['databases'],
    options,
  }
}
