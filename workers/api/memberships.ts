/**
 * Keeps the shards of topics in step with the tables in D1: who joins, who leaves, where a device is found.
 * Sequences reads of D1 and writes to the topics; decides nothing about requests.
 *
 * Every call may be repeated, and a repetition mends what an interrupted call left behind. That fixes the order:
 * D1 before the shards for what is added, the shards before D1 for what a repetition could not find any more. A device
 * that changes its user changes its place: D1 keeps the old one until shards were told of both in one call, so that it
 * is missing from no send and in none twice.
 * Requests for one device may also overtake each other between D1 and a shard. So whoever told a shard something
 * reads D1 again afterwards, and tells it anew if that is no longer true: the last one to look has seen the last write.
 */

import { memberOf } from '../../durable-objects/direct-audience.ts'
import { joinTopic, leaveTopic, replaceInTopic } from '../../durable-objects/topic-members.ts'
import { chunksOf } from '../../push/chunks.ts'
import type { Device } from '../../schema/d1/device-table.ts'
import { MAX_ROUNDS } from '../../schema/d1/device-upsert.ts'
import { forgetOldSlots, readDevices } from '../../schema/d1/devices.ts'
import { cutRows } from '../../schema/d1/json-list.ts'
import { devicesInTopic, topicsOfDevices } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'
import { Touched, type Truth, told } from './touched-places.ts'

/** Topics spoken to at a time: Cloudflare lets an invocation have six connections open. */
const TOPICS_AT_A_TIME = 6

/**
 * Joins the devices to the shards of every topic that D1 says they are in, or brings those up to date.
 *
 * @param devices as D1 has just been told
 */
export async function joinOwnTopics(env: Env, appId: string, devices: readonly Device[]): Promise<void> {
  const ids = devices.map(({ id }) => id)
  const readTopics = () => topicsOfDevices(databaseOf(env, appId), appId, ids)
  const truth = { devices: byId(devices), topics: await readTopics() }
  const last = await align(env, appId, truth, new Touched(), async () => {
    const [current, topics] = await Promise.all([readAll(env, appId, ids), readTopics()])
    return { devices: current, topics }
  })
  const moved = [...last.devices.values()].filter(({ oldSlots }) => oldSlots !== null)
  if (moved.length > 0) await forgetOldSlots(databaseOf(env, appId), appId, moved)
}

/** Carries to one topic what D1 has just been told: that the devices are in it, or that they are not. */
export async function carryToTopic(
  env: Env,
  appId: string,
  topic: string,
  devices: readonly Device[],
  areMembers: boolean,
): Promise<void> {
  const ids = devices.map(({ id }) => id)
  const topicsOf = (members: readonly string[]) => new Map(members.map((id) => [id, [topic]]))
  const truth = { devices: byId(devices), topics: topicsOf(areMembers ? ids : []) }
  await align(env, appId, truth, new Touched(devices, [topic]), async () => {
    const readMembers = devicesInTopic(databaseOf(env, appId), appId, topic, ids)
    const [current, members] = await Promise.all([readAll(env, appId, ids), readMembers])
    return { devices: current, topics: topicsOf(members) }
  })
}

/** Takes the devices out of the shards of every topic they are in; D1 still says that they belong there. */
export async function leaveOwnTopics(env: Env, appId: string, devices: readonly Device[]): Promise<void> {
  if (devices.length === 0) return
  const ids = devices.map(({ id }) => id)
  const topics = await topicsOfDevices(databaseOf(env, appId), appId, ids)
  const touched = new Touched()
  touched.add({ devices: byId(devices), topics })
  await eachTopic(touched.topics(), (topic) => leaveTopic(env, appId, topic, touched.keysIn(topic)))
}

/** Joins the devices to the shards of every topic they are in, though D1 still says that they are retired. */
export async function joinAhead(env: Env, appId: string, devices: readonly Device[]): Promise<void> {
  if (devices.length === 0) return
  const ids = devices.map(({ id }) => id)
  const topics = await topicsOfDevices(databaseOf(env, appId), appId, ids)
  const alive = devices.map((device) => ({ ...device, retiredAt: null }))
  const touched = new Touched()
  const truth = { devices: byId(alive), topics }
  touched.add(truth)
  await eachTopic(touched.topics(), (topic) => {
    return joinTopic(env, appId, topic, touched.compare(topic, truth).members.map(memberOf))
  })
}

/** Tells the shards the truth until it is still the truth after they were told: then it is answered. */
async function align(
  env: Env,
  appId: string,
  start: Truth,
  touched: Touched,
  readTruth: () => Promise<Truth>,
): Promise<Truth> {
  let truth = start
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    touched.add(truth)
    const topics = touched.topics()
    if (topics.length === 0) return truth
    await eachTopic(topics, async (topic) => {
      const { members, gone } = touched.compare(topic, truth)
      await replaceInTopic(env, appId, topic, gone, members.map(memberOf))
    })
    const now = await readTruth()
    if (told(now) === told(truth)) return truth
    truth = now
  }
  throw new Error('devices kept changing while their topics were told')
}

async function readAll(env: Env, appId: string, ids: readonly string[]): Promise<Map<string, Device>> {
  const devices: Device[] = []
  for (const part of cutRows(ids)) devices.push(...(await readDevices(databaseOf(env, appId), appId, part)))
  return byId(devices)
}

function byId(devices: readonly Device[]): Map<string, Device> {
  return new Map(devices.map((device) => [device.id, device]))
}

async function eachTopic(topics: readonly string[], speak: (topic: string) => Promise<void>): Promise<void> {
  for (const part of chunksOf(topics, TOPICS_AT_A_TIME)) await Promise.all(part.map(speak))
}
