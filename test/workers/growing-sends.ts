/**
 * Sends to a topic while it grows, beside what is known of whom they must reach. The app has no credential, so every
 * recipient settles at once, and the ledger says who they were.
 */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Member } from '../../durable-objects/rpc.ts'
import { idTail } from '../../push/ids.ts'
import { openShard } from '../../workers/jobs/fanout.ts'
import { type Called, call, type makeApp } from './calling.ts'
import { surely, type TopicModel } from './topic-model.ts'

type App = Awaited<ReturnType<typeof makeApp>>

const POLL_MS = 20
const PATIENCE_MS = 20_000

interface Sent {
  readonly id: string
  /** Members when it was accepted that did not change since. */
  readonly certain: Set<string>
  /** Those that changed meanwhile: they may be in it, once. */
  readonly possible: Set<string>
}

export class GrowingSends {
  private readonly app: App
  private readonly model: TopicModel
  private readonly sent: Sent[] = []

  constructor(app: App, model: TopicModel) {
    this.app = app
    this.model = model
  }

  /** @param changing members that join or leave at this moment */
  async send(changing: readonly Member[]): Promise<void> {
    const ids = changing.map(({ deviceId }) => deviceId)
    const certain = new Set([...this.model.members.keys()].filter((id) => !ids.includes(id)))
    const body = { to: { topic: this.model.topic }, title: 'Hello' }
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    const id = await surely(async () => {
      const answer = await call('POST', '/v1/notifications', { bearer: this.app.sender, body, headers })
      if (answer.status !== 202) throw new Error(answer.text)
      return answer.body.id as string
    })
    this.sent.push({ id, certain, possible: new Set(ids) })
  }

  /** To be said before members change: sends that are under way may or may not see it. */
  note(changing: readonly Member[]): void {
    for (const { certain, possible } of this.sent) {
      for (const { deviceId } of changing) {
        certain.delete(deviceId)
        possible.add(deviceId)
      }
    }
  }

  /** A message of the queue comes again, or for a shard that it was never sent to. */
  async repeat(pick: (below: number) => number): Promise<void> {
    if (this.sent.length === 0) return
    const { id: notificationId } = this.sent[pick(this.sent.length)]!
    const pieces = await this.model.pieces()
    const { shard } = pieces[pick(pieces.length)]!
    const message = { kind: 'fanout.v1', appId: this.model.appId, notificationId, shard } as const
    await surely(() => openShard(env, message))
  }

  /** Every send is finished, balances, and has reached whom it must, each once. */
  async expectCovered(): Promise<void> {
    for (const { id, certain, possible } of this.sent) {
      const counts = await this.finished(id)
      const reached = await this.reached(id)
      expect(new Set(reached).size).toBe(reached.length)
      expect(counts).toMatchObject({ targeted: reached.length, failed: reached.length, pending: 0 })
      expect([...certain].filter((device) => !reached.includes(device))).toEqual([])
      expect(reached.filter((device) => !certain.has(device) && !possible.has(device))).toEqual([])
    }
  }

  /** What a crash swallowed is repeated by the alarms of the notification and of its shards; here they ring early. */
  private async finished(id: string): Promise<Record<string, number>> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const { body } = await this.read(`/v1/notifications/${id}`)
      if (body.status === 'completed') return body.counts
      if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(body)}`)
      const notification = env.NOTIFICATION.getByName(`${this.model.appId}/${idTail(id)}`)
      await surely(() => runDurableObjectAlarm(notification))
      for (const { shard } of await this.model.pieces()) await this.model.ring(shard)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  private async read(path: string): Promise<Called> {
    return await surely(async () => {
      const answer = await call('GET', path, { bearer: this.app.sender })
      if (answer.status !== 200) throw new Error(answer.text)
      return answer
    })
  }

  private async reached(id: string): Promise<string[]> {
    const devices: string[] = []
    let cursor = ''
    do {
      const path = `/v1/notifications/${id}/deliveries?limit=500${cursor && `&cursor=${cursor}`}`
      const { body } = await this.read(path)
      devices.push(...body.data.map((delivery: { device_id: string }) => delivery.device_id))
      cursor = body.next_cursor ?? ''
    } while (cursor !== '')
    return devices
  }
}
