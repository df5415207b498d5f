import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseLane, findLanes, URGENT_TICKET_RECIPIENTS } from './lanes.ts'

const BINDINGS = ['DB', 'DELIVER_FCM', 'DELIVER_APNS', 'DELIVER_WEBPUSH', 'DELIVER_URGENT_FCM', 'DELIVER_URGENT_APNS']
const CAMPAIGN = { ledger: 'app_1/news/0', notificationId: 'ntf_1', mayBeUrgent: false }
const CODE = { ledger: 'app_1/abc', notificationId: 'ntf_2', mayBeUrgent: true }

describe('the lanes of a Worker', () => {
  it.each<[string, string[], Partial<Record<'fcm' | 'apns' | 'webpush', string[]>>]>([
    ['one a push service', BINDINGS, { fcm: ['DELIVER_FCM'], apns: ['DELIVER_APNS'], webpush: ['DELIVER_WEBPUSH'] }],
    [
      'several, in the order of their numbers',
      ['DELIVER_FCM_10', 'DELIVER_FCM_2', 'DELIVER_FCM'],
      {
        fcm: ['DELIVER_FCM', 'DELIVER_FCM_2', 'DELIVER_FCM_10'],
      },
    ],
    [
      'a number that is missing stops nobody',
      ['DELIVER_FCM_3', 'DELIVER_FCM'],
      {
        fcm: ['DELIVER_FCM', 'DELIVER_FCM_3'],
      },
    ],
    ['what only looks like one is none', ['DELIVER_SMS', 'DELIVERY_CONCURRENCY', 'DELIVER_FCM_X', 'XDELIVER_FCM'], {}],
  ])('%s', (_, bindings, ordinary) => {
    expect(findLanes(bindings).ordinary).toEqual({ fcm: [], apns: [], webpush: [], ...ordinary })
  })

  it('are urgent or ordinary by their names', () => {
    expect(findLanes(BINDINGS).urgent).toEqual({
      fcm: ['DELIVER_URGENT_FCM'],
      apns: ['DELIVER_URGENT_APNS'],
      webpush: [],
    })
  })
})

describe('the lane of a ticket', () => {
  const names = findLanes(BINDINGS)
  const ticket = (size: number) => ({ number: 0, platform: 'fcm', size }) as const

  it.each([
    ['a campaign, however small', ticket(1), CAMPAIGN, 'DELIVER_FCM'],
    ['a one-time code', ticket(1), CODE, 'DELIVER_URGENT_FCM'],
    ['the largest that is urgent', ticket(URGENT_TICKET_RECIPIENTS), CODE, 'DELIVER_URGENT_FCM'],
    ['a direct send to a crowd, whatever its priority', ticket(URGENT_TICKET_RECIPIENTS + 1), CODE, 'DELIVER_FCM'],
    ['a code to an iPhone', { ...ticket(1), platform: 'apns' as const }, CODE, 'DELIVER_URGENT_APNS'],
  ] as const)('%s', (_, which, send, lane) => {
    expect(chooseLane(names, which, send)).toBe(lane)
  })

  it('does not exist when nobody bound one', () => {
    expect(() => chooseLane(names, { ...ticket(1), platform: 'webpush' }, CODE)).toThrow('no urgent queue is bound')
  })

  it('stays the same, and the tickets of a ledger are dealt out evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.uuid(), fc.integer({ min: 1, max: 60 }), (lanes, id, tickets) => {
        const bound = findLanes(Array.from({ length: lanes }, (_, index) => `DELIVER_FCM_${index + 1}`))
        const send = { ...CAMPAIGN, notificationId: id }
        const deal = () =>
          Array.from({ length: tickets }, (_, number) =>
            chooseLane(bound, { number, platform: 'fcm', size: 500 }, send),
          )
        const dealt = deal()
        expect(deal()).toEqual(dealt)
        const loads = bound.ordinary.fcm.map((lane) => dealt.filter((chosen) => chosen === lane).length)
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('begins elsewhere for another send, so that many small ones fill all lanes', () => {
    const bound = findLanes(['DELIVER_FCM', 'DELIVER_FCM_2', 'DELIVER_FCM_3', 'DELIVER_FCM_4'])
    const chosen = Array.from({ length: 400 }, (_, n) =>
      chooseLane(bound, ticket(1), { ...CAMPAIGN, notificationId: `ntf_${n}` }),
    )
    for (const lane of bound.ordinary.fcm) expect(chosen.filter((one) => one === lane).length).toBeGreaterThan(60)
  })
})
