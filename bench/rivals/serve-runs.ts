/**
 * The frame of a rival's process: prepares once, then pushes to everybody whenever the benchmark asks, and says how
 * long that took. The rival's own code is all that is timed.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveParent } from '../../dev/child.ts'
import type { Run } from '../contestant.ts'

export interface Rival {
  /** Pushes to everybody once and gives how many pushes were accepted. */
  pushAll(): Promise<number>
  close(): Promise<void>
}

/** What the parent learns. */
export interface RivalReady {
  /** A POST to it is a run. */
  readonly url: string
}

/** The whole program of a rival's process. */
export function serveRuns<Options>(prepare: (options: Options) => Promise<Rival>): Promise<void> {
  return serveParent<Options, RivalReady>(async (options) => {
    const rival = await prepare(options)
    const server = createServer((_, response) => {
      timed(rival).then(
        (run) => response.end(JSON.stringify(run)),
        (error) => response.writeHead(500).end(String(error)),
      )
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const close = async () => {
      server.close()
      server.closeAllConnections()
      await rival.close()
    }
    return { ready: { url: `http://127.0.0.1:${port}` }, close }
  })
}

async function timed(rival: Rival): Promise<Run> {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const pushes = await rival.pushAll()
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  return { pushes, ms, cpuMs: (user + system) / 1000 }
}
