/** The simulators in a process of their own: without latency unless told, counting instead of keeping what arrives. */
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../dev/api-client.ts'
import { startChild } from '../dev/child.ts'
import { fail } from '../dev/command.ts'
import { ROOT } from '../dev/root.ts'
import type { SimulatorAddresses } from '../dev/simulators-child.ts'
import type { Platform } from '../push/device.ts'
import type { InboxMode } from '../sim/inbox.ts'
import type { SimulatorOptions } from '../sim/start.ts'

export interface BenchSimulators {
  readonly addresses: SimulatorAddresses
  readonly control: ApiClient
  /** Forgets what has arrived. */
  forget(): Promise<void>
  /** How long a service takes from now on before it answers. */
  setLatency(service: Platform, ms: number): Promise<void>
  /** Ends all faults. */
  endFaults(): Promise<void>
  /** Pushes accepted since the last `forget`. */
  accepted(service: Platform): Promise<number>
  /** @throws unless exactly this many pushes were accepted since the last `forget`, and no other request came */
  expectAccepted(service: Platform, count: number): Promise<void>
  close(): Promise<void>
}

const MODULE = join(ROOT, 'dev', 'simulators-child.ts')

export async function startSimulators(inbox: InboxMode = 'counts'): Promise<BenchSimulators> {
  const options: SimulatorOptions = { inbox }
  const { ready, close } = await startChild<SimulatorOptions, SimulatorAddresses>(MODULE, options, { onLost: fail })
  const control = apiClient(ready.controlUrl, null)
  const clear = async (path: string) => {
    const response = await fetch(ready.controlUrl + path, { method: 'DELETE' })
    if (!response.ok) throw new Error(`DELETE ${path} of the simulators answered ${response.status}`)
  }
  const countsOf = async (service: Platform) => {
    return (await control.get<Record<Platform, { requests: number; accepted: number }>>('/counts'))[service]
  }
  return {
    addresses: ready,
    control,
    forget: () => clear('/inbox'),
    setLatency: (service, ms) => control.put('/latency', { service, ms }),
    endFaults: () => clear('/faults'),
    accepted: async (service) => (await countsOf(service)).accepted,
    expectAccepted: async (service, count) => {
      const counts = await countsOf(service)
      if (counts.accepted === count && counts.requests === count) return
      throw new Error(`${count} pushes were to arrive at ${service}; it says ${JSON.stringify(counts)}`)
    },
    close,
  }
}
