/** Gathers what an audit needs: the ledger's word through the API, the push services' through their inboxes. */
import type { ApiClient } from '../../dev/api-client.ts'
import type { BriefArrival } from '../../sim/inbox.ts'
import type { Device } from './audience.ts'
import type { Evidence } from './audit.ts'
import { findDifference } from './copies.ts'
import { readDeliveries } from './ledger.ts'
import { PUSH_SERVICES, type PushService, type Witness } from './simulators.ts'

export interface Known extends Pick<Evidence, 'guarantee' | 'notification' | 'inTheAir' | 'gone'> {
  readonly audience: readonly Device[]
  readonly joining: readonly Device[]
}

export interface Gathered {
  readonly evidence: Evidence
  /** What is wrong with the copies that somebody received twice, see copies.ts. */
  readonly differences: readonly string[]
}

export async function gatherEvidence(api: ApiClient, witness: Witness, known: Known): Promise<Gathered> {
  const { id } = known.notification
  const deliveries = await readDeliveries(api, id)
  const arrivals = new Map<string, readonly BriefArrival[]>()
  const differences: string[] = []
  for (const service of PUSH_SERVICES) {
    const byAddress = await witness.arrivals(service)
    for (const device of [...known.audience, ...known.joining]) {
      if (device.service !== service) continue
      const seen = byAddress.get(device.address)?.filter(({ message_id }) => message_id === id) ?? []
      arrivals.set(device.userId, seen)
      if (seen.filter(({ accepted }) => accepted).length < 2) continue
      const difference = await compareCopies(witness, service, device.address, id)
      if (difference !== null) differences.push(`${device.userId} received copies whose ${difference}`)
    }
  }
  const users = (devices: readonly Device[]) => new Set(devices.map(({ userId }) => userId))
  const [audience, joining] = [users(known.audience), users(known.joining)]
  return { evidence: { ...known, deliveries, audience, joining, arrivals }, differences }
}

async function compareCopies(witness: Witness, service: PushService, address: string, id: string) {
  const all = await witness.arrivalsAt(service, address)
  return findDifference(
    service,
    all.filter(({ accepted, message_id }) => accepted && message_id === id),
  )
}
