/**
 * The platform on this machine: keys, egress, database and Worker, in that order. What `npm start`, `npm run
 * dev`, the benchmarks and the end-to-end tests start. Sequences only.
 */
import { startLocalEgress } from './local-egress.ts'
import { keepKeys } from './local-keys.ts'
import { decideSettings, type Vars } from './settings.ts'

export interface PlatformOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Directory of the state, as wrangler's `--persist-to`: whoever comes back with the same goes on where it was. */
  readonly persistTo: string
  /**
   * Worker variables and secrets over those of wrangler.toml. `ROOT_KEY` and `CREDENTIALS_KEY` are made and kept
   * beside the state when absent. An egress is started when `EGRESS_URL` is absent; `''` means none.
   */
  readonly vars?: Vars
  /** Path of a configuration that binds other things than wrangler.toml does; the code is the same. */
  readonly configFile?: string
  /**
   * PEM file of authorities that the Worker and the egress trust beside the usual ones. The first platform of a
   * process decides, because the runtime reads NODE_EXTRA_CA_CERTS once.
   */
  readonly caFile?: string
  /** A line that the Worker or its runtime logged, or that a part was lost. Default: to standard error. */
  readonly onLog?: (level: string, line: string) => void
}

export interface Platform {
  readonly url: string
  readonly rootKey: string
  /** The root key was made here, so its owner has to be told. */
  readonly rootKeyMade: boolean
  /** The egress that was started; null: pushes leave directly, or through an egress of somebody else. */
  readonly egressUrl: string | null
  /** Ends the Worker, then the egress. What was accepted is on disk. */
  close(): Promise<void>
}

/** Starts everything; resolves when the API answers. @throws with a message that says what is wrong */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { host = '127.0.0.1', port = 0, persistTo, onLog = logToStderr } = options
  if (options.caFile !== undefined) process.env.NODE_EXTRA_CA_CERTS = options.caFile
  // Loaded only now: whoever loads the runtime makes it read the variable above.
  const { readWorkerConfig } = await import('./worker-config.ts')
  const { startRuntime } = await import('./runtime.ts')

  const config = readWorkerConfig(options.configFile)
  const { vars, wantsEgress, rootKeyMade } = decideSettings(options.vars ?? {}, config.vars, await keepKeys(persistTo))
  const egress = wantsEgress ? await startLocalEgress(vars, onLog) : null
  try {
    const runtime = await startRuntime({ host, port, persistTo, config, vars: { ...vars, ...egress?.vars }, onLog })
    return {
      url: runtime.url,
      rootKey: vars.ROOT_KEY ?? '',
      rootKeyMade,
      egressUrl: egress?.url ?? null,
      close: async () => {
        await runtime.close()
        await egress?.close()
      },
    }
  } catch (error) {
    await egress?.close()
    throw error
  }
}

function logToStderr(level: string, line: string): void {
  process.stderr.write(`${level === 'error' || level === 'warn' ? `${level}: ` : ''}${line}\n`)
}
