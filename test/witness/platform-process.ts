/**
 * The platform as `npm run dev` starts it, in a process group of its own that can be killed as a whole: the command,
 * workerd and the egress. Whoever starts another one on the same state goes on where the first was cut off.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { bindLife } from '../../dev/guard.ts'
import { ROOT } from '../../dev/root.ts'
import { findGroupMembers } from './group-members.ts'

export interface PlatformProcess {
  readonly url: string
  /** Epoch ms at which it answered. */
  readonly startedAt: number
  /** SIGKILL to the egress alone. False: there is none, or it is being started again at this moment. */
  killEgress(): boolean
  /** SIGKILL to the whole group; resolves when it is gone. */
  kill(): Promise<void>
}

export interface ProcessOptions {
  readonly persistTo: string
  /** Worker variables and secrets. */
  readonly vars: Readonly<Record<string, string>>
  /** PEM file of authorities to trust. */
  readonly caFile: string
  /** What it says is added to this file. */
  readonly logFile: string
  /** The group ended although nobody killed it. */
  readonly onLost: (explanation: string) => void
}

const EGRESS_MODULE = 'egress-child.ts'
const READY = /Fanfare is at (http:\S+)/
/** Bundling the Worker for the first time on a busy machine. */
const START_TIMEOUT_MS = 120_000

/** @throws when it does not start */
export async function startPlatformProcess(options: ProcessOptions): Promise<PlatformProcess> {
  const { persistTo, vars, caFile, logFile, onLost } = options
  const flags = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dev', 'dev.ts'), '--port', '0', '--persist-to', persistTo, ...flags],
    {
      // A group of its own, to be killed at once.
      detached: true,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
      stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
    },
  )
  bindLife(child)
  const exited = once(child, 'exit').then(([code, signal]) => `it ended with ${signal ?? `exit code ${code}`}`)
  const url = await readUrl(child, exited, logFile)
  let killed = false
  void exited.then((explanation) => killed || onLost(`The platform was lost: ${explanation}; see ${logFile}`))
  return {
    url,
    startedAt: Date.now(),
    killEgress: () => {
      const egresses = findGroupMembers(child.pid!, EGRESS_MODULE)
      for (const pid of egresses) signal(pid)
      return egresses.length > 0
    },
    kill: async () => {
      killed = true
      signal(-child.pid!)
      await exited
    },
  }
}

async function readUrl(child: ChildProcess, exited: Promise<string>, logFile: string): Promise<string> {
  const timer = setTimeout(() => signal(-child.pid!), START_TIMEOUT_MS)
  const printed = new Promise<string>((resolve) => {
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const url = READY.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const failed = exited.then((explanation): never => {
    throw new Error(`The platform did not start: ${explanation}; see ${logFile}`)
  })
  try {
    return await Promise.race([printed, failed])
  } finally {
    // Nobody listens any more: a platform that exits later is its user's affair.
    failed.catch(() => undefined)
    clearTimeout(timer)
  }
}

/** @param target a process, or with a minus its group, which is found by its leader's id though the leader is dead */
function signal(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch (error) {
    // It had ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
