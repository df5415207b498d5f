/** The egress as a process that a test may kill, stop and start again at the same address. Runs on Node. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EgressOptions } from '../delivery/egress-child.ts'
import type { Fate } from './fate.ts'

const MAIN = fileURLToPath(new URL('../../egress/main.ts', import.meta.url))

/** What is not a start is a signal. */
const SIGNALS = { kill: 'SIGKILL', end: 'SIGTERM', stop: 'SIGSTOP', continue: 'SIGCONT' } as const

export class DoomedEgress {
  readonly #env: NodeJS.ProcessEnv
  readonly #directory: string
  #child: ChildProcess | null = null
  #url = ''

  private constructor(env: NodeJS.ProcessEnv, directory: string) {
    this.#env = env
    this.#directory = directory
  }

  static async start({ key, allowedHosts, connectTo, caPem }: EgressOptions): Promise<DoomedEgress> {
    const directory = await mkdtemp(join(tmpdir(), 'fanfare-fire-'))
    const caFile = join(directory, 'ca.pem')
    await writeFile(caFile, caPem)
    const redirections = Object.entries(connectTo).map(([host, address]) => `${host}=${address}`)
    const env = {
      EGRESS_KEY: key,
      EGRESS_ALLOWED_HOSTS: allowedHosts.join(),
      EGRESS_CONNECT_TO: redirections.join(),
      NODE_EXTRA_CA_CERTS: caFile,
    }
    const egress = new DoomedEgress({ ...process.env, ...env }, directory)
    await egress.meet('start')
    return egress
  }

  get url(): string {
    return this.#url
  }

  /** Resolves when it has happened: an egress that was started listens, one that was ended is gone. */
  async meet(fate: Fate): Promise<void> {
    if (fate === 'start' || fate === 'start-narrow') {
      await this.#start(fate === 'start' ? {} : { EGRESS_MAX_TICKETS: '1' })
      return
    }
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(SIGNALS[fate])
    if (fate === 'kill' || fate === 'end') await gone
  }

  async close(): Promise<void> {
    await this.meet('kill')
    await rm(this.#directory, { recursive: true })
  }

  async #start(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.meet('kill')
    const port = this.#url === '' ? '0' : new URL(this.#url).port
    const stdio = ['pipe', 'pipe', 'inherit'] as const
    // It ends with this process, however this process ends.
    const child = spawn(process.execPath, [MAIN, '--with-parent'], {
      env: { ...this.#env, ...settings, PORT: port },
      stdio: [...stdio],
    })
    this.#child = child
    const [words] = await once(child.stdout!, 'data')
    this.#url = /egress: (http:\S+)/.exec(String(words))?.[1] ?? ''
    if (this.#url === '') throw new Error(`the egress did not start: ${words}`)
  }
}
