/**
 * The push services as witnesses: simulators in a process of their own that outlives whatever happens to the platform,
 * and what they saw. Shares no code with the platform.
 */
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../dev/api-client.ts'
import { startChild } from '../../dev/child.ts'
import { fail } from '../../dev/command.ts'
import { ROOT } from '../../dev/root.ts'
import type { SimulatorAddresses } from '../../dev/simulators-child.ts'
import type { Arrival, BriefArrival, ServiceCounts } from '../../sim/inbox.ts'
import type { SimulatorOptions } from '../../sim/start.ts'

export const PUSH_SERVICES = ['fcm', 'apns', 'webpush'] as const
export type PushService = (typeof PUSH_SERVICES)[number]

/** A rule of the simulators' control API (`POST /faults`). */
export interface Fault {
  readonly service: PushService | 'oauth'
  readonly prefix?: string
  readonly every?: number
  readonly times?: number
  readonly probability?: number
  readonly effect: Readonly<Record<string, string | number | boolean>>
}

export interface Witness {
  readonly addresses: SimulatorAddresses
  readonly control: ApiClient
  counts(): Promise<Record<PushService, ServiceCounts>>
  /** Everything that came to a service since the last {@link forget}, by address. */
  arrivals(service: PushService): Promise<Map<string, readonly BriefArrival[]>>
  /** The same for one address, with headers and payload. */
  arrivalsAt(service: PushService, address: string): Promise<readonly Arrival[]>
  forget(): Promise<void>
  /** These and no other faults from now on. */
  setFaults(faults: readonly Fault[]): Promise<void>
  close(): Promise<void>
}

const MODULE = join(ROOT, 'dev', 'simulators-child.ts')

export async function startWitness(options: SimulatorOptions = {}): Promise<Witness> {
  const { ready, close } = await startChild<SimulatorOptions, SimulatorAddresses>(MODULE, options, { onLost: fail })
  const control = apiClient(ready.controlUrl, null)
  return {
    addresses: ready,
    control,
    counts: () => control.get('/counts'),
    arrivals: async (service) => {
      const { data } = await control.get<{ data: { address: string; arrivals: BriefArrival[] }[] }>(`/inbox/${service}`)
      return new Map(data.map(({ address, arrivals }) => [address, arrivals]))
    },
    arrivalsAt: async (service, address) => {
      return (await control.get<{ data: Arrival[] }>(`/inbox/${service}/${encodeURIComponent(address)}`)).data
    },
    forget: () => control.delete('/inbox'),
    setFaults: async (faults) => {
      await control.delete('/faults')
      for (const fault of faults) await control.post('/faults', fault)
    },
    close,
  }
}
