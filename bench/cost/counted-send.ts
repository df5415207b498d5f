/** One send to a topic, with everything that it would be billed for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { readCpuMs } from '../cpu-time.ts'
import { arrival, completion, type Expected } from '../fanfare.ts'
import { notificationTo } from '../message.ts'
import { type Breakdown, difference } from '../metered/tally.ts'
import type { BenchSimulators } from '../simulators.ts'
import type { MeteredPlatform } from './metered-platform.ts'
import type { Usage } from './prices.ts'

export interface CountedSend {
  readonly usage: Usage
  readonly breakdown: Breakdown
  /** From the POST to the last settled recipient. */
  readonly ms: number
}

export interface CountedTopic {
  readonly name: string
  /** Objects that hold its subscribers. */
  readonly shards: number
}

/** From the last answer of a push service to the last word in the ledger, and then some. */
const SETTLING_MS = 2_000

/** Asks the platform nothing until it has counted: what it is asked would be counted as well. */
export async function sendAndCount(
  platform: MeteredPlatform,
  simulators: BenchSimulators,
  topic: CountedTopic,
  expected: Expected,
): Promise<CountedSend> {
  await simulators.forget()
  const before = await platform.readMeters()
  const cpuBefore = readCpuMs(platform.workerPids) ?? 0
  const postedAt = Date.now()
  const { id } = await platform.api.post<{ id: string }>('/v1/notifications', notificationTo(topic.name))
  await arrival(simulators, 'fcm', expected.accepted)
  const seconds = (Date.now() - postedAt) / 1000
  await sleep(SETTLING_MS)
  const cpuMs = (readCpuMs(platform.workerPids) ?? 0) - cpuBefore
  const after = await platform.readMeters()
  const ms = (await completion(platform.api, id, expected)) - postedAt
  const pushes = expected.accepted + expected.unregistered
  const tally = difference(after.tally, before.tally)
  // The Notification and the shards are awake all the time; the other objects for an instant.
  const usage: Usage = { ...tally, pushes, cpuMs, objectSeconds: seconds * (1 + topic.shards) }
  return { usage, breakdown: difference(after.breakdown, before.breakdown), ms }
}
