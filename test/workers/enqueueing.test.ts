/** Bringing tickets back while a queue takes nothing: what other queues carry goes on. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { enqueueTickets } from '../../durable-objects/lanes.ts'
import type { SubscriberShard } from '../../durable-objects/subscriber-shard.ts'
import type { Platform } from '../../push/device.ts'
import { muteConsole } from '../console/overheard.ts'
import { plainOrder } from '../delivery/plain-order.ts'

/** Bindings of which one queue takes nothing; the others note the tickets that they are given. */
function withBrokenQueue(broken: string, seen: string[]): Env {
  const queue = (name: string) => ({
    sendBatch: async (messages: Iterable<{ body: { notificationId: string; platform: Platform } }>) => {
      if (name === broken) throw new Error('Too Many Requests')
      for (const { body } of messages) seen.push(`${body.notificationId} ${body.platform}`)
    },
  })
  const lanes = Object.keys(env).filter((name) => name.startsWith('DELIVER_'))
  return { ...env, ...Object.fromEntries(lanes.map((name) => [name, queue(name)])) } as unknown as Env
}

describe('a queue that takes nothing', () => {
  it('keeps no ticket of another lane from its own', async () => {
    const seen: string[] = []
    const broken = withBrokenQueue('DELIVER_FCM', seen)
    const ledger = { kind: 'shard', name: 'app_x/news/0' } as const
    const tickets = (['fcm', 'apns', 'webpush'] as const).map((platform, number) => ({ number, platform, size: 500 }))
    const send = { appId: 'app_x', notificationId: 'ntf_x' }
    await expect(enqueueTickets(broken, ledger, send, tickets, false)).rejects.toThrow('Too Many Requests')
    expect(seen).toEqual(['ntf_x apns', 'ntf_x webpush'])
  })

  it('keeps no other notification of the same shard waiting', async () => {
    const appId = `app_${crypto.randomUUID()}`
    const log = muteConsole('error')
    const seen: string[] = []
    await runInDurableObject(env.SUBSCRIBER_SHARD.getByName(`${appId}/news/0`), async (instance: SubscriberShard) => {
      const shard = instance as unknown as {
        env: Env
        ledger: { join(members: object[]): void; openStep(order: object, now: number): unknown }
        wakeLedger(now: number): Promise<number | null>
      }
      const join = (platform: Platform, slot: number) => {
        const address = { kind: 'fcm_token', value: `token-${slot}` }
        shard.ledger.join([{ deviceId: `dev_${slot}`, userId: null, slot, platform, address }])
      }
      const open = (notificationId: string) => {
        const order = plainOrder({ notificationId, appId, guarantee: 'at_least_once', livesMs: 3_600_000 })
        shard.ledger.openStep({ ...order, platforms: ['fcm', 'apns'] }, Date.now() - 3_000_000)
      }
      join('fcm', 1)
      open('ntf_1')
      join('apns', 2)
      open('ntf_2')
      shard.env = withBrokenQueue('DELIVER_FCM', seen)
      expect(await shard.wakeLedger(Date.now())).not.toBeNull()
    })
    expect(seen).toEqual(['ntf_2 apns'])
    log.mockRestore()
  })
})
