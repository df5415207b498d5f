import { describe, expect, it } from 'vitest'
import type { BriefArrival } from '../../sim/inbox.ts'
import { audit, type Evidence } from './audit.ts'
import type { Counts, Delivery } from './ledger.ts'

const NO_COUNTS: Counts = {
  targeted: 0,
  pending: 0,
  accepted: 0,
  unregistered: 0,
  failed: 0,
  suppressed: 0,
  expired: 0,
  canceled: 0,
}

const taken: BriefArrival = { at: 1, status: 200, accepted: true, message_id: 'ntf_1' }
const refused: BriefArrival = { ...taken, status: 503, accepted: false }

function delivery(status: string, rest: Partial<Delivery> = {}): Delivery {
  return { user_id: 'u', status, reason: null, attempts: 1, ...rest }
}

const UNCONFIRMED = delivery('failed', { reason: 'unconfirmed' })

/** One recipient, and a ledger whose counts agree with its delivery. */
function evidence(one: Delivery, arrivals: BriefArrival[], rest: Partial<Evidence> = {}): Evidence {
  return {
    guarantee: 'at_least_once',
    notification: {
      id: 'ntf_1',
      status: 'completed',
      counts: { ...NO_COUNTS, targeted: 1, [one.status]: 1 },
      by_platform: {},
    },
    deliveries: [one],
    audience: new Set(['u']),
    joining: new Set(),
    gone: new Set(),
    arrivals: new Map([['u', arrivals]]),
    inTheAir: new Map(),
    ...rest,
  }
}

const atMostOnce = { guarantee: 'at_most_once' } as const
const oneKill = { inTheAir: new Map([['u', 1]]) }
const isJoining = { audience: new Set<string>(), joining: new Set(['u']) }
const isGone = { gone: new Set(['u']) }
const retried = delivery('accepted', { attempts: 2 })

describe('the audit holds when', () => {
  it.each<[string, Evidence]>([
    ['everybody got it once', evidence(delivery('accepted'), [taken])],
    ['a retry got through', evidence(retried, [refused, taken])],
    ['a push arrived twice because an answer was lost', evidence(retried, [taken, taken])],
    ['a push arrived twice because of a kill', evidence(delivery('accepted'), [taken, taken], oneKill)],
    ['somebody joined in time', evidence(delivery('accepted'), [taken], isJoining)],
    ['somebody joined too late', evidence(delivery('accepted'), [taken], { joining: new Set(['v']) })],
    ['a dead address is unregistered', evidence(delivery('unregistered'), [refused], isGone)],
    ['a doubt is unconfirmed under at_most_once', evidence(UNCONFIRMED, [taken], atMostOnce)],
    ['a doubt is about a dead address', evidence(UNCONFIRMED, [], { ...atMostOnce, ...isGone })],
  ])('%s', (_, given) => {
    expect(audit(given)).toMatchObject({ lost: 0, mistakes: [] })
  })
})

describe('the audit finds', () => {
  it.each<[string, Evidence, string]>([
    ['an acceptance that never was', evidence(delivery('accepted'), [refused]), 'in no inbox'],
    ['somebody who was given up', evidence(delivery('failed'), [refused]), 'was not reached'],
    ['a doubt under at_least_once', evidence(UNCONFIRMED, [taken]), 'was not reached'],
    ['a dead address that is called alive', evidence(delivery('accepted'), [taken], isGone), 'not settled as'],
    ['a push received twice under at_most_once', evidence(retried, [taken, taken], atMostOnce), 'received twice'],
    ['a duplicate that nothing explains', evidence(delivery('accepted'), [taken, taken]), 'neither a kill nor'],
    [
      'more duplicates than kills',
      evidence(delivery('accepted'), [taken, taken, taken], oneKill),
      'neither a kill nor an attempt',
    ],
    ['somebody who is missing', evidence(delivery('accepted'), [taken], { audience: new Set(['u', 'v']) }), 'not in'],
    ['somebody who joined in time and was not reached', evidence(delivery('failed'), [], isJoining), 'was not reached'],
    ['a stranger', evidence(delivery('accepted'), [taken], { audience: new Set() }), 'not of the audience'],
    [
      'somebody who is listed twice',
      evidence(delivery('accepted'), [taken], { deliveries: [delivery('accepted'), delivery('accepted')] }),
      'listed twice',
    ],
    [
      'a ledger that does not balance',
      evidence(delivery('accepted'), [taken], {
        notification: {
          id: 'ntf_1',
          status: 'completed',
          counts: { ...NO_COUNTS, targeted: 2, accepted: 1 },
          by_platform: {},
        },
      }),
      'does not balance',
    ],
    ['somebody who is pending', evidence(delivery('pending'), [taken]), 'pending in the end'],
  ])('%s', (_, given, mistake) => {
    expect(audit(given).mistakes.join('\n')).toContain(mistake)
  })

  it('who was lost, and counts each once', () => {
    expect(audit(evidence(delivery('failed'), [])).lost).toBe(1)
    expect(audit(evidence(delivery('accepted'), [])).lost).toBe(1)
    expect(audit(evidence(UNCONFIRMED, [], atMostOnce)).lost).toBe(0)
  })

  it('how many duplicates kills account for, and how many they could', () => {
    const twoKills = { inTheAir: new Map([['u', 2]]) }
    expect(audit(evidence(retried, [taken, taken], twoKills))).toMatchObject({
      duplicates: 1,
      duplicatesOfKills: 1,
      mostDuplicatesOfKills: 2,
    })
    expect(audit(evidence(retried, [taken, taken]))).toMatchObject({ duplicates: 1, duplicatesOfKills: 0 })
  })
})
