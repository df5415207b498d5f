/** The platform as a contestant: one send to a topic, from the POST to the last settled recipient. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../dev/api-client.ts'
import type { Platform } from '../push/device.ts'
import { type DeviceAddress, importAudience } from './audience.ts'
import type { Contestant, Run } from './contestant.ts'
import { readCpuMs } from './cpu-time.ts'
import { notificationTo } from './message.ts'
import type { BenchPlatform } from './platform.ts'
import type { BenchSimulators } from './simulators.ts'

const TOPIC = 'everybody'
/** The completion's time comes from the platform itself, so these decide only how soon we hear of it. */
const POLL_MS = 100
const PATIENCE_MS = 600_000

/** Registers the audience; a run is then one send to all of it. */
export async function fanfareContestant(
  platform: BenchPlatform,
  simulators: BenchSimulators,
  service: Platform,
  audience: readonly DeviceAddress[],
): Promise<Contestant> {
  await importAudience(platform.api, service, TOPIC, audience)
  return {
    name: 'Fanfare',
    run: () => sendToTopic(platform, simulators, { service, topic: TOPIC, count: audience.length }),
    close: () => platform.close(),
  }
}

export interface TopicSend {
  readonly service: Platform
  readonly topic: string
  readonly count: number
}

/** Sends to a topic and waits for the end. @throws unless every recipient was accepted */
export async function sendToTopic(
  { api, pids }: BenchPlatform,
  simulators: BenchSimulators,
  { service, topic, count }: TopicSend,
): Promise<Run> {
  const cpuBefore = readCpuMs(pids)
  const postedAt = Date.now()
  const { id } = await api.post<{ id: string }>('/v1/notifications', notificationTo(topic))
  await arrival(simulators, service, count)
  const completedAt = await completion(api, id, { accepted: count, unregistered: 0 })
  const cpuAfter = readCpuMs(pids)
  const cpuMs = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore
  return { pushes: count, ms: completedAt - postedAt, cpuMs }
}

/** Waits until all pushes have arrived. Asks the simulators: what the platform is asked, it has to answer meanwhile. */
export function arrival(simulators: BenchSimulators, service: Platform, count: number): Promise<void> {
  return until(async () => ((await simulators.accepted(service)) >= count ? undefined : null))
}

interface NotificationAnswer {
  readonly completed_at: string | null
  readonly counts: Readonly<Record<string, number>>
}

/** What the ledger has to say in the end. Nothing else may have happened to anybody. */
export interface Expected {
  readonly accepted: number
  readonly unregistered: number
}

/** Waits until the ledger is closed. Gives when that was, in epoch ms. @throws unless it says what is expected */
export function completion(api: ApiClient, id: string, { accepted, unregistered }: Expected): Promise<number> {
  return until(async () => {
    const { completed_at, counts } = await api.get<NotificationAnswer>(`/v1/notifications/${id}`)
    if (completed_at === null) return null
    const asExpected = counts.accepted === accepted && counts.unregistered === unregistered
    if (asExpected && counts.targeted === accepted + unregistered) return Date.parse(completed_at)
    throw new Error(`${accepted} were to be accepted; the ledger says ${JSON.stringify(counts)}`)
  })
}

/** Asks again and again until the answer is not null. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (Date.now() > deadline) throw new Error('a send did not come to its end')
    await sleep(POLL_MS)
  }
}
