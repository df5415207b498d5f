/**
 * One-time codes, so to speak: an urgent send to one device of each push service every second, and how long each takes
 * from the request to the inbox. Sends and measures; judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../dev/api-client.ts'
import { fail } from '../../dev/command.ts'
import type { Device } from '../witness/audience.ts'
import { readNotification, SETTLED_STATUSES } from '../witness/ledger.ts'
import { PUSH_SERVICES, type PushService, type Witness } from '../witness/simulators.ts'

export interface Urgent {
  readonly service: PushService
  readonly id: string
  /** Epoch ms. */
  readonly sentAt: number
}

export interface Arrived {
  readonly service: PushService
  /** From the request to the inbox; infinite: it never came. */
  readonly waitedMs: number
  /** What the ledger says in the end. */
  readonly status: string
}

const EVERY_MS = 1_000
const POLL_MS = 50
/** Longer than every retry after the longest outage. */
const SETTLED_WITHIN_MS = 60_000

/** Sends until it is stopped. */
export class UrgentSends {
  readonly #api: ApiClient
  readonly #devices: readonly Device[]
  readonly #sent: Urgent[] = []
  readonly #timers: NodeJS.Timeout[] = []
  readonly #underWay = new Set<Promise<void>>()

  /** @param devices one of each service; they take turns within a second */
  constructor(api: ApiClient, devices: readonly Device[]) {
    this.#api = api
    this.#devices = devices
  }

  start(): void {
    for (const [index, device] of this.#devices.entries()) {
      const begin = () => this.#timers.push(setInterval(() => this.#sendSoon(device), EVERY_MS))
      this.#timers.push(setTimeout(begin, (index * EVERY_MS) / this.#devices.length))
    }
  }

  /** Stops, waits until everything is settled, and says how long it took to arrive. */
  async stop(witness: Witness): Promise<Arrived[]> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#underWay)
    const statuses = new Map<string, string>()
    for (const { id } of this.#sent) statuses.set(id, await this.#waitForStatus(id))
    const arrivedAt = new Map<string, number>()
    for (const service of PUSH_SERVICES) {
      const { address } = this.#devices.find((device) => device.service === service)!
      for (const { accepted, message_id, at } of await witness.arrivalsAt(service, address)) {
        if (accepted && message_id !== null && !arrivedAt.has(message_id)) arrivedAt.set(message_id, at)
      }
    }
    return this.#sent.map(({ service, id, sentAt }) => ({
      service,
      waitedMs: (arrivedAt.get(id) ?? Number.POSITIVE_INFINITY) - sentAt,
      status: statuses.get(id)!,
    }))
  }

  #sendSoon(device: Device): void {
    const sending = this.#send(device).catch(fail)
    this.#underWay.add(sending)
    void sending.finally(() => this.#underWay.delete(sending))
  }

  async #send({ userId, service }: Device): Promise<void> {
    const sentAt = Date.now()
    const { id } = await this.#api.post<{ id: string }>('/v1/notifications', {
      to: { users: [userId] },
      title: 'Your code',
      body: '123456',
      priority: 'high',
      ttl_seconds: 600,
    })
    this.#sent.push({ service, id, sentAt })
  }

  /** The one recipient's status; `pending` when it stays so. */
  async #waitForStatus(id: string): Promise<string> {
    const deadline = Date.now() + SETTLED_WITHIN_MS
    for (;;) {
      const { counts } = await readNotification(this.#api, id)
      const status = SETTLED_STATUSES.find((word) => counts[word] > 0)
      if (status !== undefined) return status
      if (Date.now() > deadline) return 'pending'
      await sleep(POLL_MS)
    }
  }
}
