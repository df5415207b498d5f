/**
 * The egress of a local platform: a process of its own, told where it may go and restarted when it is lost. It keeps
 * no state, so the next one at the same address is as good.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import type { EgressChildOptions, EgressReady } from './egress-child.ts'
import { egressHosts, type Vars } from './settings.ts'

export interface LocalEgress {
  readonly url: string
  /** What the Worker must know of it. */
  readonly vars: Vars
  close(): Promise<void>
}

const MODULE = join(import.meta.dirname, 'egress-child.ts')
/** Its port may be somebody else's for a moment, or it was killed while it started. */
const RESTART_PAUSE_MS = 500

/** @param vars of the Worker; `EGRESS_KEY` is made when it is empty */
export async function startLocalEgress(vars: Vars, onLog: (level: string, line: string) => void): Promise<LocalEgress> {
  const key = vars.EGRESS_KEY || randomBytes(24).toString('base64url')
  const start = (port: number) =>
    startChild<EgressChildOptions, EgressReady>(MODULE, { port, key, allowedHosts: egressHosts(vars) }, { onLost })
  let closing = false
  const onLost = (explanation: string) => {
    onLog('warn', `The egress is lost (${explanation}); starting it again.`)
    current = restart()
  }
  const restart = async (): Promise<Child<EgressReady>> => {
    for (;;) {
      try {
        return await start(Number(new URL(url).port))
      } catch (error) {
        onLog('error', `The egress did not start again: ${error}`)
        if (closing) throw error
        await sleep(RESTART_PAUSE_MS)
      }
    }
  }

  let current = start(0)
  const { url } = (await current).ready
  return {
    url,
    vars: { EGRESS_URL: url, EGRESS_KEY: key },
    close: async () => {
      closing = true
      // One that did not start has said so, and there is nothing to close.
      const last = await current.catch(() => null)
      await last?.close()
    },
  }
}
