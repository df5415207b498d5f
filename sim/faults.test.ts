import { describe, expect, it } from 'vitest'
import { type Effect, type FaultRule, Faults, NO_FAULT, ruleFires } from './faults.ts'

const HANG: Effect = { kind: 'hang' }
const UNREGISTERED: Effect = { kind: 'unregistered' }

function rule(partial: Partial<FaultRule>): FaultRule {
  return { service: 'fcm', prefix: '', effect: HANG, ...partial }
}

/** Which of the first requests of an address meet the fault. */
function hits(faults: Faults, requests: number, address = 'device'): number[] {
  const hit: number[] = []
  for (let request = 1; request <= requests; request += 1) {
    if (faults.decide('fcm', address).effect !== null) hit.push(request)
  }
  return hit
}

describe('a fault rule', () => {
  it.each([
    { name: 'without conditions fires for every request', conditions: {}, expected: [1, 2, 3, 4, 5, 6] },
    { name: 'with nth fires for that one', conditions: { nth: 3 }, expected: [3] },
    { name: 'with every fires for each k-th', conditions: { every: 2 }, expected: [2, 4, 6] },
    { name: 'with times fires for the first ones', conditions: { times: 2 }, expected: [1, 2] },
    { name: 'with every and times stops after those', conditions: { every: 2, times: 2 }, expected: [2, 4] },
    { name: 'with probability 0 never fires', conditions: { probability: 0 }, expected: [] },
    { name: 'with probability 1 always fires', conditions: { probability: 1 }, expected: [1, 2, 3, 4, 5, 6] },
  ])('$name', ({ conditions, expected }) => {
    const faults = new Faults()
    faults.add(rule(conditions))
    expect(hits(faults, 6)).toEqual(expected)
  })

  it.each([
    { dice: 0.29, fires: true },
    { dice: 0.3, fires: false },
  ])('with probability 0.3 and dice $dice: $fires', ({ dice, fires }) => {
    expect(ruleFires(rule({ probability: 0.3 }), 1, 0, dice)).toBe(fires)
  })

  it('counts only the requests that it matches', () => {
    const faults = new Faults()
    faults.add(rule({ prefix: 'bad-', nth: 2 }))
    expect(hits(faults, 3, 'good-1')).toEqual([])
    expect(hits(faults, 3, 'bad-1')).toEqual([2])
  })
})

describe('the book of faults', () => {
  it('is one shared verdict when no rule fires', () => {
    const faults = new Faults()
    expect(faults.decide('fcm', 'device')).toBe(NO_FAULT)
    faults.add(rule({ prefix: 'other' }))
    expect(faults.decide('fcm', 'device')).toBe(NO_FAULT)
    expect(faults.decide('apns', 'other')).toBe(NO_FAULT)
  })

  it('adds delays up and takes the first other effect', () => {
    const faults = new Faults()
    faults.add(rule({ effect: { kind: 'latency', ms: 20 } }))
    faults.add(rule({ effect: UNREGISTERED }))
    faults.add(rule({ effect: HANG }))
    faults.add(rule({ effect: { kind: 'latency', ms: 5 } }))
    expect(faults.decide('fcm', 'device')).toEqual({ delayMs: 25, effect: UNREGISTERED })
  })

  it('leaves a rule that came too late its turn', () => {
    const faults = new Faults()
    faults.add(rule({ effect: UNREGISTERED, times: 1 }))
    faults.add(rule({ effect: HANG, times: 1 }))
    expect(faults.decide('fcm', 'device').effect).toEqual(UNREGISTERED)
    expect(faults.decide('fcm', 'device').effect).toEqual(HANG)
    expect(faults.decide('fcm', 'device')).toBe(NO_FAULT)
  })

  it('lists rules with their counters and forgets removed ones', () => {
    const faults = new Faults()
    const first = faults.add(rule({ every: 2 }))
    const second = faults.add(rule({ prefix: 'x' }))
    hits(faults, 3)
    expect(faults.list().map(({ id, seen, fired }) => ({ id, seen, fired }))).toEqual([
      { id: first, seen: 3, fired: 1 },
      { id: second, seen: 0, fired: 0 },
    ])
    expect(faults.remove(first)).toBe(true)
    expect(faults.remove(first)).toBe(false)
    expect(faults.list().map(({ id }) => id)).toEqual([second])
    faults.clear()
    expect(faults.list()).toEqual([])
  })
})
