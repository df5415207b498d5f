/** The bare loop as a contestant: a Worker that does nothing but the same fetches with the same concurrency. */
import { join } from 'node:path'
import type { AppSecrets } from '../app.ts'
import type { DeviceAddress } from '../audience.ts'
import type { Contestant } from '../contestant.ts'
import { readCpuMs } from '../cpu-time.ts'
import type { BenchSimulators } from '../simulators.ts'
import { startWorker } from '../worker-process.ts'
import type { BareAnswer, BarePlan } from './plan.ts'
import { requestsFor } from './requests.ts'

/** DELIVERY_CONCURRENCY of the platform. */
const CONCURRENCY = 6

export interface BareOptions {
  readonly service: BarePlan['service']
  readonly audience: readonly DeviceAddress[]
  readonly preEncrypted?: boolean
}

export async function bareContestant(
  simulators: BenchSimulators,
  secrets: AppSecrets,
  { service, audience, preEncrypted = false }: BareOptions,
): Promise<Contestant> {
  const worker = await startWorker({ config: join(import.meta.dirname, 'wrangler.toml') })
  const plan: BarePlan = { service, ...(await requestsFor(service, simulators, secrets)), preEncrypted, audience }
  await call(`${worker.url}/plan`, JSON.stringify(plan))
  return {
    name: preEncrypted ? 'bare loop, encrypted beforehand' : 'bare loop',
    run: async () => {
      const cpuBefore = readCpuMs(worker.pids)
      const startedAt = performance.now()
      const { accepted } = JSON.parse(await call(`${worker.url}/run?concurrency=${CONCURRENCY}`, '')) as BareAnswer
      const ms = performance.now() - startedAt
      const cpuAfter = readCpuMs(worker.pids)
      if (accepted !== audience.length) throw new Error(`${accepted} of ${audience.length} were accepted`)
      return { pushes: accepted, ms, cpuMs: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore }
    },
    close: () => worker.close(),
  }
}

async function call(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
  return text
}
