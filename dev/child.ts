/**
 * Parts of the local platform that run in a Node process of their own, so that they have a core of their own:
 * {@link startChild} on this side, {@link serveParent} on the other. The channel between the two is also the leash:
 * when the parent ends, however it ends, the channel closes and the child ends.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What a started part is good for, and how to end it. `Ready` crosses processes, so it is plain data. */
export interface Child<Ready> {
  readonly ready: Ready
  /** Ends the process and waits until it is gone. */
  close(): Promise<void>
}

type Report<Ready> = { readonly ready: Ready } | { readonly failed: string }

/** A child that has lost its parent ends by then, whatever it still had to say to somebody. */
const ORPHAN_GRACE_MS = 1_000
/** A child that has not ended by then is killed. */
const CLOSE_TIMEOUT_MS = 3_000

/**
 * Starts a module that calls {@link serveParent}.
 *
 * @param onLost called with an explanation when the child ends although nobody closed it
 * @throws with the child's message when it cannot start
 */
export async function startChild<Options, Ready>(
  module: string,
  options: Options,
  { env = {}, onLost }: { env?: Readonly<Record<string, string>>; onLost: (explanation: string) => void },
): Promise<Child<Ready>> {
  const child = fork(module, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(`${module} ended with ${signal ?? `exit code ${code}`}`))
  })
  child.send({ options })
  const report = await Promise.race([
    once(child, 'message').then(([message]) => message as Report<Ready>),
    exited.then((explanation): Report<Ready> => ({ failed: explanation })),
  ])
  if ('failed' in report) throw new Error(report.failed)

  let closing = false
  void exited.then((explanation) => closing || onLost(explanation))
  return {
    ready: report.ready,
    close: async () => {
      closing = true
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

/**
 * The whole program of a child: takes its options from the parent, starts, reports, and ends with the parent.
 */
export async function serveParent<Options, Ready>(
  start: (options: Options) => Promise<{ ready: Ready; close(): Promise<void> }>,
): Promise<void> {
  // Ctrl-C reaches every process of the terminal; this one ends when its parent has let go of it.
  process.on('SIGINT', () => {})
  const [message] = await once(process, 'message')
  try {
    const { ready, close } = await start((message as { options: Options }).options)
    process.once('disconnect', () => {
      setTimeout(() => process.exit(), ORPHAN_GRACE_MS).unref()
      void close().finally(() => process.exit())
    })
    process.send?.({ ready })
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1))
  }
}
