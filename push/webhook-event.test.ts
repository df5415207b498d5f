import { describe, expect, it } from 'vitest'
import { idTail, isId } from './ids.ts'
import { makeWebhookEvent } from './webhook-event.ts'

const occurrence = { type: 'notification.completed', at: 1_795_392_202_388, key: 'ntf_1', data: { n: 1 } } as const

describe('an event', () => {
  it('says what, when and about what', async () => {
    const event = await makeWebhookEvent(occurrence)
    expect(isId('evt', event.id)).toBe(true)
    expect(JSON.parse(event.body)).toEqual({
      type: 'notification.completed',
      timestamp: new Date(occurrence.at).toISOString(),
      data: { n: 1 },
    })
  })

  it('is the same when it is told again, also later', async () => {
    const [first, again, later] = await Promise.all([
      makeWebhookEvent(occurrence),
      makeWebhookEvent(occurrence),
      makeWebhookEvent({ ...occurrence, at: occurrence.at + 1_000 }),
    ])
    expect(again).toEqual(first)
    expect(idTail(later.id)).toBe(idTail(first.id))
  })

  it.each([
    ['another key', { ...occurrence, key: 'ntf_2' }],
    ['another type', { ...occurrence, type: 'dead_letter.created' }],
  ] as const)('is another one with %s', async (_what, other) => {
    expect(idTail((await makeWebhookEvent(other)).id)).not.toBe(idTail((await makeWebhookEvent(occurrence)).id))
  })
})
