/**
 * Before the tests of an egress under fire, on Node: the simulators, an egress that may be killed, and a small server
 * by which the tests, which run in workerd, decide its fate (`POST /kill`).
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { provideSimulators } from '../delivery/simulators.ts'
import { DoomedEgress } from './doomed-egress.ts'
import type { Fate } from './fate.ts'

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideSimulators(project, async (options) => {
    const egress = await DoomedEgress.start(options)
    const server = createServer(async (request, response) => {
      await egress.meet(request.url?.slice(1) as Fate)
      response.writeHead(204).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    project.provide('fateUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return {
      url: egress.url,
      close: async () => {
        server.close()
        server.closeAllConnections()
        await egress.close()
      },
    }
  })
}
