/**
 * The places in topics where shards may have a device, beside the places where D1 says that it is. Pure: what is to
 * be told to whom, nothing is told here.
 */
import type { MemberKey } from '../../durable-objects/rpc.ts'
import type { Device } from '../../schema/d1/device-table.ts'

/** What D1 says about some devices: deleted ones are missing, and so are topics of those that are in none. */
export interface Truth {
  readonly devices: ReadonlyMap<string, Device>
  readonly topics: ReadonlyMap<string, readonly string[]>
}

/** Everything of a truth that shards are told, as a text: equal texts, nothing to tell. */
export function told({ devices, topics }: Truth): string {
  const rows = [...devices.values()].map(({ id, slot, userId, address, retiredAt }) => {
    return JSON.stringify([id, slot, userId, address, retiredAt === null, [...(topics.get(id) ?? [])].sort()])
  })
  return rows.sort().join()
}

/** Everywhere that shards may have a device. */
export function placesOf({ id, slot, oldSlots, platform }: Device): MemberKey[] {
  return [slot, ...(oldSlots ?? [])].map((place) => ({ deviceId: id, slot: place, platform }))
}

/** Grows while shards are told: whatever a shard was told once, it may have to be told the contrary of. */
export class Touched {
  /** By device: where it was or is. */
  readonly #keys = new Map<string, MemberKey[]>()
  /** By topic: the devices that a shard of it may have. */
  readonly #byTopic = new Map<string, Set<string>>()

  /** @param topics topics in which all of the devices may be */
  constructor(devices: readonly Device[] = [], topics: readonly string[] = []) {
    for (const device of devices) this.#addPlaces(device)
    for (const topic of topics) for (const { id } of devices) this.#addTopic(topic, id)
  }

  /** Takes note of where a truth has its devices: shards are about to be told. */
  add({ devices, topics }: Truth): void {
    for (const device of devices.values()) this.#addPlaces(device)
    for (const [deviceId, names] of topics) for (const topic of names) this.#addTopic(topic, deviceId)
  }

  topics(): string[] {
    return [...this.#byTopic.keys()]
  }

  /** All places in a topic. */
  keysIn(topic: string): MemberKey[] {
    return [...(this.#byTopic.get(topic) ?? [])].flatMap((deviceId) => this.#keys.get(deviceId) ?? [])
  }

  /**
   * Which devices the topic must have, and which places it must not have. A device that was retired is in no shard,
   * though D1 keeps its topics.
   */
  compare(topic: string, { devices, topics }: Truth): { members: Device[]; gone: MemberKey[] } {
    const members = [...(this.#byTopic.get(topic) ?? [])].flatMap((deviceId) => {
      const device = devices.get(deviceId)
      return device?.retiredAt === null && topics.get(deviceId)?.includes(topic) ? device : []
    })
    const slots = new Map(members.map(({ id, slot }) => [id, slot]))
    return { members, gone: this.keysIn(topic).filter(({ deviceId, slot }) => slots.get(deviceId) !== slot) }
  }

  #addPlaces(device: Device): void {
    const keys = this.#keys.get(device.id) ?? []
    this.#keys.set(device.id, keys)
    for (const key of placesOf(device)) if (!keys.some(({ slot }) => slot === key.slot)) keys.push(key)
  }

  #addTopic(topic: string, deviceId: string): void {
    const devices = this.#byTopic.get(topic)
    if (devices) devices.add(deviceId)
    else this.#byTopic.set(topic, new Set([deviceId]))
  }
}
