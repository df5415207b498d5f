import { describe, expect, it } from 'vitest'
import type { Fate } from './mix.ts'
import { fcmSnapshot } from './samples.ts'
import { judge } from './verdict.ts'

const none: Record<Fate, number> = { healthy: 0, slow: 0, busy: 0, dead: 0, broken: 0 }
const mix = { fcm: { healthy: 96, slow: 0, busy: 0, dead: 3, broken: 1 }, apns: none, webpush: none }
const ledger = { targeted: 100, accepted: 96, unregistered: 3, failed: 1 }

describe('the verdict', () => {
  it('is good when the ledger balances and the inboxes agree', () => {
    const { ok, sentences } = judge(fcmSnapshot(ledger, { accepted: 96, by_status: { 503: 2 } }), 100, mix)
    expect(ok).toBe(true)
    expect(sentences).toEqual([
      'One request reached 100 devices in 1.0 s (100/s); the push services accepted 96 pushes.',
      '3 devices turned out to be gone and will not be targeted again.',
      '2 attempts got "not now" for an answer and led to another one.',
      '1 push failed for good; each has its reason in the ledger.',
      'That is what the simulators were told to do, device by device.',
      'The ledger balances: 100 targeted = 0 pending + 96 accepted + 3 unregistered + 1 failed.',
      "The simulators' inboxes agree with it: FCM 96, APNs 0, Web Push 0, none of them twice.",
    ])
  })

  it('does not hold a push that arrived twice against the ledger, and says so', () => {
    const { ok, sentences } = judge(fcmSnapshot(ledger, { accepted: 97, duplicates: 1 }), 100, mix)
    expect(ok).toBe(true)
    expect(sentences.at(-1)).toContain('1 of them twice')
  })

  const bad = [
    {
      when: 'a recipient is lost',
      snapshot: fcmSnapshot({ ...ledger, accepted: 95 }, { accepted: 95 }),
      mistake: 'The ledger does NOT balance: 100 targeted = 0 pending + 95 accepted + 3 unregistered + 1 failed.',
    },
    {
      when: 'something is pending',
      snapshot: fcmSnapshot({ ...ledger, accepted: 95, pending: 1 }, { accepted: 95 }),
      mistake: 'NOT accounted for yet: 1 delivery.',
    },
    {
      when: 'a device was not targeted',
      snapshot: fcmSnapshot({ ...ledger, targeted: 99, accepted: 95 }, { accepted: 95 }),
      mistake: 'The send targeted 99, NOT the 100 devices registered.',
    },
    {
      when: 'a push that is called accepted did not arrive',
      snapshot: fcmSnapshot(ledger, { accepted: 95 }),
      mistake: 'The FCM inboxes do NOT agree: 95 arrived, the ledger says 96.',
    },
  ]
  it.each(bad)('is bad when $when', ({ snapshot, mistake }) => {
    const { ok, sentences } = judge(snapshot, 100, mix)
    expect(ok).toBe(false)
    expect(sentences).toContain(mistake)
  })
})
