import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BlockAsk,
  type GrantedWindow,
  grantBlock,
  type HeldBlock,
  holdBlock,
  isCurrent,
  LIMIT_WINDOW_MS,
  spendOne,
  wantedNext,
} from './allowance-block.ts'

const ASK: BlockAsk = { subject: 'key_a', subjectLimit: 100, appLimit: 1_000, wanted: 16 }

describe('the counter', () => {
  it('grants what is wanted, but never more than a quarter of what is left', () => {
    let window: GrantedWindow | null = null
    const granted: number[] = []
    for (let i = 0; i < 12; i++) {
      const answer = grantBlock(window, ASK, 0)
      window = answer.window
      granted.push(answer.grant.granted)
    }
    expect(granted).toEqual([16, 16, 16, 13, 10, 8, 6, 4, 3, 2, 2, 1])
  })

  it('says which limit is nearest, how much is left of it and when it begins anew', () => {
    const { grant } = grantBlock(null, ASK, 3_000)
    expect(grant).toEqual({ granted: 16, limit: 100, remaining: 84, resetMs: 7_000, exhausted: null })
    const byApp = grantBlock({ startsAt: 0, all: 990, bySubject: {} }, ASK, 0).grant
    expect(byApp).toMatchObject({ granted: 3, limit: 1_000, remaining: 7 })
  })

  it.each([
    ['subject', { startsAt: 0, all: 100, bySubject: { key_a: 100 } }],
    ['app', { startsAt: 0, all: 1_000, bySubject: { key_a: 10 } }],
  ])('grants nothing when the limit of the %s is reached, until the next window', (exhausted, window) => {
    expect(grantBlock(window, ASK, 9_999).grant).toMatchObject({ granted: 0, exhausted, resetMs: 1 })
    expect(grantBlock(window, ASK, 10_000).grant).toMatchObject({ granted: 16, exhausted: null })
  })

  it('counts a subject by its own name only, whatever that is', () => {
    const { window } = grantBlock(null, { ...ASK, subject: '__proto__' }, 0)
    expect(grantBlock(window, { ...ASK, subject: 'toString' }, 0).grant.remaining).toBe(84)
    expect(grantBlock(window, ASK, 0).grant.remaining).toBe(84)
  })

  it('knows limits that are not there', () => {
    expect(grantBlock(null, { ...ASK, subjectLimit: null }, 0).grant).toMatchObject({ granted: 16, limit: 1_000 })
    const { window, grant } = grantBlock(null, { ...ASK, appLimit: null }, 0)
    expect(grant).toMatchObject({ granted: 16, limit: 100 })
    // What is not held to the app's limit takes nothing from who is.
    expect(window).toMatchObject({ all: 0, bySubject: { key_a: 16 } })
  })

  it('grants at most the limits in a window, whoever asks for how much and however the clock jumps', () => {
    const asks = fc.record({
      subject: fc.constantFrom('key_a', 'key_b', 'tokens'),
      wanted: fc.integer({ min: 1, max: 500 }),
      stepMs: fc.integer({ min: -3 * LIMIT_WINDOW_MS, max: 2 * LIMIT_WINDOW_MS }),
    })
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 60 }), (steps) => {
        let [now, kept] = [1e12, null as GrantedWindow | null]
        let granted: Record<string, number> = {}
        for (const { subject, wanted, stepMs } of steps) {
          now += stepMs
          const answer = grantBlock(kept, { subject, subjectLimit: 120, appLimit: 200, wanted }, now)
          const began = kept === null || answer.window.startsAt > kept.startsAt
          // A new window begins only when the clock has passed the end of the one before.
          if (began) expect(now).toBeGreaterThanOrEqual((kept?.startsAt ?? 0) + LIMIT_WINDOW_MS)
          if (began) granted = {}
          granted[subject] = (granted[subject] ?? 0) + answer.grant.granted
          expect(granted[subject]).toBeLessThanOrEqual(120)
          expect(Object.values(granted).reduce((all, some) => all + some, 0)).toBeLessThanOrEqual(200)
          kept = answer.window
        }
      }),
    )
  })
})

/** An isolate, as workers/api/rate-limit.ts puts it together. */
class Isolate {
  #block: HeldBlock | undefined
  readonly #lateMs: number

  constructor(lateMs: number) {
    this.#lateMs = lateMs
  }

  /** @returns whether the request may be made, and what the counter knows afterwards */
  request(kept: GrantedWindow | null, limit: number, now: number): { window: GrantedWindow | null; passed: boolean } {
    let window = kept
    const isKnown = this.#block !== undefined && isCurrent(this.#block, now) && this.#block.left > 0
    if (!isKnown) {
      const ask = { subject: 'key', subjectLimit: limit, appLimit: null, wanted: wantedNext(this.#block) }
      const answer = grantBlock(kept, ask, now + this.#lateMs)
      window = answer.window
      this.#block = holdBlock(this.#block, answer.grant, now)
    }
    if (this.#block!.left === 0) return { window, passed: false }
    this.#block = spendOne(this.#block!)
    return { window, passed: true }
  }
}

describe('isolates', () => {
  it('together let at most the limit pass in a window, however they take turns', () => {
    const requests = fc.array(fc.record({ isolate: fc.nat(4), stepMs: fc.nat(300) }), { minLength: 1, maxLength: 400 })
    fc.assert(
      fc.property(
        requests,
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(50), { minLength: 5 }),
        (all, limit, lates) => {
          const isolates = Array.from({ length: 5 }, (_, i) => new Isolate(lates[i]!))
          const passed = new Map<number, number>()
          let [now, window] = [0, null as GrantedWindow | null]
          for (const { isolate, stepMs } of all) {
            now += stepMs
            const answer = isolates[isolate]!.request(window, limit, now)
            window = answer.window
            if (answer.passed) passed.set(window!.startsAt, (passed.get(window!.startsAt) ?? 0) + 1)
          }
          for (const count of passed.values()) expect(count).toBeLessThanOrEqual(limit)
        },
      ),
    )
  })

  it('spend a block until its window ends, not a moment longer, and not under a clock that was set back', () => {
    const grant = { granted: 5, limit: 10, remaining: 5, resetMs: 100, exhausted: null }
    const block = holdBlock(undefined, grant, 1_000)
    expect([999, 1_000, 1_099, 1_100].map((now) => isCurrent(block, now))).toEqual([false, true, true, false])
  })

  it('keep what another request of theirs was granted at the same time', () => {
    const grant = { granted: 5, limit: 10, remaining: 5, resetMs: 100, exhausted: null }
    const first = spendOne(holdBlock(undefined, grant, 1_000))
    expect(holdBlock(first, grant, 1_001)).toMatchObject({ left: 9, spent: 1, untilAt: 1_100 })
    expect(holdBlock(first, grant, 1_100)).toMatchObject({ left: 5, spent: 0, untilAt: 1_200 })
  })

  it('ask for as much again while it was not enough, and begin a window with what the last one took', () => {
    expect(wantedNext(undefined)).toBe(16)
    const grant = { granted: 900, limit: 1_000, remaining: 0, resetMs: 100, exhausted: null }
    let block = holdBlock(undefined, grant, 0)
    for (let i = 0; i < 900; i++) block = spendOne(block)
    expect(wantedNext(block)).toBe(900)
  })

  it('make few calls for many requests', () => {
    let [window, calls] = [null as GrantedWindow | null, 0]
    const isolate = new Isolate(0)
    for (let i = 0; i < 50_000; i++) {
      const answer = isolate.request(window, 100_000, 0)
      if (answer.window !== window) calls++
      window = answer.window
      expect(answer.passed).toBe(true)
    }
    expect(calls).toBeLessThan(20)
  })
})
