import { describe, expect, it } from 'vitest'
import { type Arrival, Inbox, UNANSWERED } from './inbox.ts'

function arrival(partial: Partial<Arrival> = {}): Arrival {
  return { at: 1, status: 200, accepted: true, message_id: 'ntf_1', payload: { n: 1 }, ...partial }
}

describe.each(['full', 'counts'] as const)('an inbox in mode %s', (mode) => {
  it('counts requests by what became of them', () => {
    const inbox = new Inbox(mode)
    inbox.record('fcm', 'a', arrival())
    inbox.record('fcm', 'b', arrival({ status: 503, accepted: false }))
    inbox.record('fcm', null, arrival({ status: 401, accepted: false }))
    inbox.record('fcm', 'c', arrival({ status: UNANSWERED, accepted: true }))
    inbox.record('fcm', 'd', arrival({ status: UNANSWERED, accepted: false }))
    inbox.record('fcm', 'e', arrival({ status: 200, accepted: false }))
    expect(inbox.counts().fcm).toEqual({
      requests: 6,
      accepted: 2,
      refused: 2,
      unanswered: 2,
      by_status: { 0: 2, 200: 2, 401: 1, 503: 1 },
      duplicates: 0,
      devices: 2,
    })
    expect(inbox.counts().apns.requests).toBe(0)
  })

  it('counts a message as a duplicate when the same address accepts it again, in any order', () => {
    const inbox = new Inbox(mode)
    for (const [address, messageId] of [
      ['a', 'ntf_1'],
      ['a', 'ntf_2'],
      ['a', 'ntf_3'],
      ['b', 'ntf_1'],
      ['a', 'ntf_1'],
      ['b', 'ntf_1'],
      ['a', 'ntf_3'],
    ] as const) {
      inbox.record('fcm', address, arrival({ message_id: messageId }))
    }
    expect(inbox.counts().fcm).toMatchObject({ accepted: 7, duplicates: 3, devices: 2 })
  })

  it('sees no duplicate in refusals, in another service, or without a message id', () => {
    const inbox = new Inbox(mode)
    inbox.record('fcm', 'a', arrival({ status: 503, accepted: false }))
    inbox.record('fcm', 'a', arrival())
    inbox.record('apns', 'a', arrival())
    inbox.record('webpush', 'a', arrival({ message_id: null }))
    inbox.record('webpush', 'a', arrival({ message_id: null }))
    const { fcm, apns, webpush } = inbox.counts()
    expect([fcm.duplicates, apns.duplicates, webpush.duplicates]).toEqual([0, 0, 0])
  })

  it('forgets everything when cleared', () => {
    const inbox = new Inbox(mode)
    inbox.record('fcm', 'a', arrival())
    inbox.clear()
    expect(inbox.counts().fcm).toMatchObject({ requests: 0, devices: 0 })
    expect(inbox.arrivalsAt('fcm', 'a')).toEqual([])
  })
})

describe('arrivals', () => {
  it('are kept in order with their payload, refused ones too, in mode full', () => {
    const inbox = new Inbox('full')
    const refused = arrival({ at: 1, status: 503, accepted: false })
    const accepted = arrival({ at: 2 })
    inbox.record('fcm', 'a', refused)
    inbox.record('fcm', 'a', accepted)
    expect(inbox.arrivalsAt('fcm', 'a')).toEqual([refused, accepted])
    expect(inbox.arrivalsAt('fcm', 'b')).toEqual([])
  })

  it('are not kept in mode counts', () => {
    const inbox = new Inbox('counts')
    inbox.record('fcm', 'a', arrival())
    expect(inbox.arrivalsAt('fcm', 'a')).toEqual([])
  })
})
