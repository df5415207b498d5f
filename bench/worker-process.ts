/**
 * Runs a Worker of the benchmarks in a workerd of its own: the same version, started the same way, as the platform's
 * (dev/runtime.ts).
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { openMiniflare } from '../dev/miniflare.ts'
import { runWrangler } from '../dev/wrangler.ts'
import { listChildren } from './cpu-time.ts'

export interface WorkerProcess {
  readonly url: string
  readonly pids: readonly number[]
  close(): Promise<void>
}

export interface WorkerOptions {
  /** Path of a wrangler.toml. */
  readonly config: string
  /** The entry module, if it is not the one that the configuration names. */
  readonly entry?: string
  readonly vars?: Readonly<Record<string, string>>
  /** Called before the Worker starts, with the directory of its state. */
  readonly prepareState?: (persistence: string) => Promise<unknown>
}

export async function startWorker({ config, entry, vars, prepareState }: WorkerOptions): Promise<WorkerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'fanfare-bench-worker-'))
  const code = join(directory, 'code')
  const persistence = join(directory, 'state')
  await runWrangler(['deploy', ...(entry ? [entry] : []), '--dry-run', '--config', config, '--outdir', code])
  await prepareState?.(persistence)
  const others = new Set(listChildren())
  const miniflare = openMiniflare({
    host: '127.0.0.1',
    port: 0,
    resourcePersistencePath: persistence,
    workers: [{ ...optionsOf(config, vars), modulesRoot: code, modules: await readModules(code) }],
    handleStructuredLogs: ({ level, message }) => process.stderr.write(`${level}: ${message}\n`),
  })
  const close = async () => {
    await miniflare.dispose()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const { origin } = await miniflare.ready
    return { url: origin, pids: listChildren().filter((pid) => !others.has(pid)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Everything that the configuration says but the code. */
function optionsOf(config: string, vars: WorkerOptions['vars']) {
  const { modulesRules: _, bindings, ...options } = unstable_getMiniflareWorkerOptions(config).workerOptions
  return { ...options, bindings: { ...(bindings as WorkerOptions['vars']), ...vars } }
}

/** The entry module first; wrangler names it after the source file. */
async function readModules(directory: string) {
  const names = await readdir(directory)
  const ofType = (type: 'ESModule' | 'Text', extension: string) =>
    names.filter((name) => name.endsWith(extension)).map((name) => ({ type, path: join(directory, name) }))
  const files = [...ofType('ESModule', '.js'), ...ofType('Text', '.sql')]
  return Promise.all(files.map(async (file) => ({ ...file, contents: await readFile(file.path, 'utf8') })))
}
