/**
 * A queue that loses, repeats, reorders and delays messages, put between an object and its real queues. Everything
 * else is real: the objects, their storage and alarms, the consumers, the simulators.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

/** What becomes of a message. */
export type Mishap = 'passes' | 'is lost' | 'comes twice' | 'comes late'

interface Parcel {
  readonly queue: Queue
  readonly body: unknown
}

export class BadQueue {
  /** How many messages were given to it. */
  carried = 0
  private readonly mishaps: Iterator<Mishap>
  private late: Parcel[] = []

  /** @param mishaps in the order of the messages; when there are no more, all messages pass */
  constructor(mishaps: readonly Mishap[]) {
    this.mishaps = mishaps.values()
  }

  /** Puts itself between an object, as it lives now, and all its queues. */
  async stealFrom(stub: DurableObjectStub): Promise<void> {
    await runInDurableObject(stub, (instance) => {
      const holder = instance as unknown as { env: Env }
      holder.env = { ...env, ...this.bindings() }
    })
  }

  /** Brings what was late, the last first. */
  async bringLate(): Promise<void> {
    const parcels = this.late.toReversed()
    this.late = []
    for (const { queue, body } of parcels) await queue.send(body)
  }

  private bindings(): Record<string, unknown> {
    const queues = Object.entries(env).filter(([name]) => name === 'FANOUT' || name.startsWith('DELIVER_'))
    const bad = queues.flatMap(([name, real]) => (isQueue(real) ? [[name, this.wrap(real)] as const] : []))
    return Object.fromEntries(bad)
  }

  private wrap(
    queue: Queue,
  ): Pick<Queue, 'send'> & { sendBatch(messages: Iterable<{ body: unknown }>): Promise<void> } {
    return {
      send: async (body) => {
        await this.carry({ queue, body })
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } }
      },
      sendBatch: async (messages) => {
        for (const { body } of [...messages].toReversed()) await this.carry({ queue, body })
      },
    }
  }

  private async carry(parcel: Parcel): Promise<void> {
    this.carried++
    const { value: mishap = 'passes' } = this.mishaps.next()
    if (mishap === 'comes late') this.late.push(parcel)
    if (mishap === 'passes' || mishap === 'comes twice') await parcel.queue.send(parcel.body)
    if (mishap === 'comes twice') await parcel.queue.send(parcel.body)
  }
}

/** Among our bindings only queues can send batches. */
function isQueue(binding: unknown): binding is Queue {
  return typeof binding === 'object' && binding !== null && 'sendBatch' in binding
}
