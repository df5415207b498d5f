/** Ordered sends while objects crash, lines fill and devices move: the order holds, and nobody waits for ever. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_PLACES } from '../../push/order-line.ts'
import {
  AUDIENCES,
  crash,
  expectGrowing,
  holdUp,
  ids,
  linesOf,
  objectOf,
  received,
  sendOrdered,
  tellIphoneStory,
} from './ordered-story.ts'
import { apnsToken, call, inbox, register, send, settled, until } from './story.ts'

describe.each(AUDIENCES)('ordered sends to %s', (_, to) => {
  it('survive that everybody who knows of them crashes', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const sent = [await sendOrdered(story, to(device)), await sendOrdered(story, to(device))]
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    for (const id of sent) await crash(objectOf(story, id))
    for (const line of await linesOf(story, sent[1]!)) await crash(env.ORDER.getByName(`${story.id}/${line}`))
    await release()
    for (const id of sent) expect((await settled(story, id)).counts).toMatchObject({ accepted: 1 })
    const arrivals = await received(deviceToken)
    expect(arrivals.map(({ id }) => id)).toEqual(sent)
    expectGrowing(arrivals.map(({ sequence }) => sequence))
  })

  it('find out by themselves that the one in front has left without a word', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const release = await holdUp(deviceToken)
    const first = await sendOrdered(story, to(device))
    const second = await sendOrdered(story, to(device))
    await expect.poll(() => inbox('apns', deviceToken)).not.toHaveLength(0)
    await runInDurableObject(objectOf(story, first), (_instance, { storage }) => storage.deleteAll())
    await release()
    expect((await settled(story, second)).counts).toMatchObject({ accepted: 1 })
    expect((await ids(deviceToken)).at(-1)).toBe(second)
  })
})

describe('a device that gets another user while it waits', () => {
  it('stands in the line of the new one too, and keeps nobody from anything', async () => {
    const { story, deviceToken, device } = await tellIphoneStory()
    const [bobs, adas] = [apnsToken(), apnsToken()]
    await register(story, { platform: 'apns', token: bobs, user_id: 'bob' })
    await register(story, { platform: 'apns', token: adas, user_id: 'ada' })
    const releases = [await holdUp(adas), await holdUp(bobs)]
    const first = [await sendOrdered(story, { users: ['ada'] }), await sendOrdered(story, { users: ['bob'] })]
    await expect.poll(() => received(deviceToken)).toHaveLength(1)
    const moved = await sendOrdered(story, { devices: [device] })
    await register(story, { platform: 'apns', token: deviceToken, user_id: 'bob' })
    const last = [await sendOrdered(story, { users: ['ada'] }), await sendOrdered(story, { users: ['bob'] })]
    for (const release of releases) await release()
    for (const id of [...first, moved, ...last]) await settled(story, id)
    expect((await ids(deviceToken)).toSorted()).toEqual([first[0], moved, last[1]].toSorted())
  })
})

describe('a line that is full', () => {
  it('takes no more: the send is refused, and nothing of it is kept', async () => {
    const { story } = await tellIphoneStory()
    await runInDurableObject(env.ORDER.getByName(`${story.id}/topic/news`), (line) => {
      const place = { sequence: 1, expiresAt: Date.now() + 60_000 }
      const places = Array.from({ length: MOST_PLACES }, (_, index) => ({ ...place, notificationId: `ntf_${index}` }))
      Object.assign(line, { places, toldAt: Date.now() })
    })
    const body = { to: { topic: 'news' }, ordered: true, title: 'Hello' }
    const answer = await call('POST', '/v1/notifications', story.key, body, 503)
    expect(answer).toMatchObject({ code: 'overloaded', retry: 'backoff' })
    await send(story, { to: { topic: 'news' } })
  })
})

/** What may happen between two sends. */
const event = fc.constantFrom('nothing', 'cancel', 'crash the last', 'crash the lines', 'crash the first')

describe('whatever crashes, and whoever cancels', () => {
  it('every device gets what it gets in the order of acceptance, and everybody is settled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 7 }), fc.boolean(), async (events, toTopic) => {
        const { story, deviceToken } = await tellIphoneStory()
        const to = toTopic ? { topic: 'news' } : { users: ['ada'] }
        const release = await holdUp(deviceToken)
        const sent: string[] = []
        for (const happens of events) {
          sent.push(await sendOrdered(story, to))
          const [first, last] = [sent[0]!, sent.at(-1)!]
          if (happens === 'cancel') await call('POST', `/v1/notifications/${last}/cancel`, story.key, undefined, 200)
          if (happens === 'crash the last') await crash(objectOf(story, last))
          if (happens === 'crash the first') await crash(objectOf(story, first))
          if (happens === 'crash the lines') {
            for (const line of await linesOf(story, last)) await crash(env.ORDER.getByName(`${story.id}/${line}`))
          }
        }
        await release()
        const over = ({ status, counts }: { status: string; counts: Record<string, number> }) =>
          (status === 'completed' || status === 'canceled') && counts.pending === 0
        for (const id of sent) await until(story, id, over)
        const arrived = await received(deviceToken)
        expect(arrived.map(({ id }) => id)).toEqual(sent.filter((id) => arrived.some((arrival) => arrival.id === id)))
        expectGrowing(arrived.map(({ sequence }) => sequence))
      }),
      { numRuns: 4 },
    )
  }, 120_000)
})
