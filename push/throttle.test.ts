import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyOutcomeCounts, type OutcomeCounts } from './outcome-counts.ts'
import {
  askThrottle,
  freshThrottle,
  hasNews,
  mustStore,
  resetThrottle,
  type ThrottleAsk,
  type ThrottleReport,
  type ThrottleState,
  type ThrottleTerms,
  viewThrottle,
} from './throttle.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 7)
const MINUTE_MS = 60_000

/** A Throttle that is asked one thing after another. */
class Story {
  state: ThrottleState = freshThrottle()
  now = NOW

  ask(change: Partial<ThrottleAsk> = {}, terms: Partial<ThrottleTerms> = {}) {
    const usual = { messagesPerMinute: 600_000, scale: 1, now: this.now, random: 0 }
    const asked = askThrottle(
      this.state,
      { wanted: 500, single: false, report: null, ...change },
      { ...usual, ...terms },
    )
    this.state = asked.state
    return asked.answer
  }

  report(counts: Partial<OutcomeCounts>, change: Partial<ThrottleReport> = {}): ThrottleReport {
    const { epoch } = this.state
    return { counts: { ...emptyOutcomeCounts(), ...counts }, epoch, unused: 0, version: 1, unable: false, ...change }
  }

  tell(counts: Partial<OutcomeCounts>, change: Partial<ThrottleReport> = {}) {
    return this.ask({ report: this.report(counts, change) })
  }
}

describe('a credential whose push service is down', () => {
  it('is held, probed, and goes on slowly when a probe gets through', () => {
    const story = new Story()
    expect(story.ask()).toMatchObject({ kind: 'go', pushes: expect.any(Number), probe: false })
    expect(story.tell({ outage: 30, reason: 'UNAVAILABLE' })).toMatchObject({ kind: 'hold', cause: 'outage' })
    story.now += 5_000
    expect(story.ask()).toMatchObject({ kind: 'go', pushes: 5, probe: true })
    expect(story.tell({ outage: 5 })).toMatchObject({ kind: 'hold', resumeAt: story.now + 10_000 })
    story.now += 10_000
    expect(story.ask()).toMatchObject({ kind: 'go', probe: true })
    const first = story.tell({ accepted: 5 })
    expect(viewThrottle(story.state, story.now).held).toBeNull()
    expect(first.kind === 'go' && first.pushes).toBe(200)
    story.now += MINUTE_MS
    expect(story.ask({ wanted: 5_000 })).toMatchObject({ kind: 'go', pushes: 5_000 })
  })

  it('does not take for a failed probe what had left before it was held', () => {
    const story = new Story()
    const before = story.report({ outage: 30 })
    story.tell({ outage: 30 })
    story.now += 5_000
    story.ask()
    const { breaker } = story.state
    story.ask({ report: before })
    expect(story.state.breaker).toEqual(breaker)
  })
})

describe('a credential that is wrong', () => {
  const WRONG = { misconfigured: 1, reason: 'InvalidProviderToken' }

  it('is paused, and says since when and why', () => {
    const story = new Story()
    expect(story.tell(WRONG)).toMatchObject({ kind: 'hold', cause: 'misconfigured', reason: 'InvalidProviderToken' })
    expect(viewThrottle(story.state, story.now).held).toEqual({
      cause: 'misconfigured',
      reason: 'InvalidProviderToken',
      since: NOW,
    })
  })

  it('goes on as soon as it is replaced, whatever is still said of the old one', () => {
    const story = new Story()
    story.tell(WRONG, { version: 7 })
    story.state = resetThrottle(story.state, 8)
    expect(story.ask()).toMatchObject({ kind: 'go', version: 8 })
    expect(story.tell(WRONG, { version: 7 })).toMatchObject({ kind: 'go' })
    expect(story.tell(WRONG, { version: 8 })).toMatchObject({ kind: 'hold' })
  })

  it('is paused when it was deleted: there is no version then', () => {
    const story = new Story()
    story.state = resetThrottle(story.state, 8)
    const gone = { misconfigured: 500, reason: 'no_credentials' }
    expect(story.tell(gone, { version: null, unable: true })).toMatchObject({ kind: 'hold', reason: 'no_credentials' })
  })

  it('is found out to be mended at the service’s side', () => {
    const story = new Story()
    story.tell({ misconfigured: 1, reason: 'THIRD_PARTY_AUTH_ERROR' })
    story.now += 5_000
    expect(story.ask({ single: true, wanted: 1 })).toMatchObject({ kind: 'go', pushes: 1, probe: true })
    expect(story.tell({ accepted: 1 })).toMatchObject({ kind: 'go' })
  })
})

describe('a credential that sends too much', () => {
  it('is held as long as the service says, single sends too', () => {
    const story = new Story()
    story.tell({ accepted: 500, quota: 3, retryAt: NOW + 30_000 })
    expect(story.ask()).toMatchObject({ kind: 'hold', cause: 'quota', resumeAt: NOW + 30_000 })
    expect(story.ask({ single: true, wanted: 1 })).toMatchObject({ kind: 'hold', cause: 'quota' })
    story.now += 30_000
    expect(story.ask({ single: true, wanted: 1 })).toMatchObject({ kind: 'go' })
  })

  it('sends those who were held back at different times', () => {
    const story = new Story()
    story.tell({ quota: 1, retryAt: NOW + 30_000 })
    expect(story.ask({}, { random: 0.9 })).toMatchObject({ resumeAt: NOW + 39_000 })
  })
})

describe('many deaths', () => {
  it('are to be doubted until they are few again', () => {
    const story = new Story()
    expect(story.tell({ accepted: 100, unregistered: 150 })).toMatchObject({ quarantine: true })
    expect(story.ask()).toMatchObject({ quarantine: true, kind: 'go' })
    story.now += 11 * MINUTE_MS
    expect(story.tell({ accepted: 1_000 })).toMatchObject({ quarantine: false })
  })

  it('are not the new credential’s when it was replaced', () => {
    const story = new Story()
    story.tell({ unregistered: 300 })
    story.state = resetThrottle(story.state, 8)
    expect(story.tell({ unregistered: 300 }, { version: 7 })).toMatchObject({ quarantine: false })
  })
})

describe('what is stored at once', () => {
  it('is what was decided, not what is counted', () => {
    const story = new Story()
    story.ask()
    const { state } = story
    story.tell({ accepted: 500 }, { unused: 3 })
    expect(mustStore(state, story.state)).toBe(false)
    story.tell({ outage: 600 })
    expect(mustStore(state, story.state)).toBe(true)
    expect(mustStore(story.state, resetThrottle(story.state, 2))).toBe(true)
  })

  it('is nothing when somebody only asked and was held', () => {
    const story = new Story()
    story.tell({ outage: 30 })
    const { state } = story
    story.now += 1_000
    expect(story.ask()).toMatchObject({ kind: 'hold' })
    expect(hasNews(state, story.state)).toBe(false)
    story.now += 5_000
    story.ask()
    expect(hasNews(state, story.state)).toBe(true)
  })

  it('survives as JSON, because that is how it is kept', () => {
    const story = new Story()
    story.tell({ accepted: 5, quota: 1 })
    story.tell({ outage: 50 })
    expect(JSON.parse(JSON.stringify(story.state))).toEqual(story.state)
  })
})

describe('a clock that is set back', () => {
  const DAY_MS = 24 * 60 * MINUTE_MS
  const counted = fc.record({
    accepted: fc.constantFrom(0, 30, 500),
    unregistered: fc.constantFrom(0, 0, 300),
    outage: fc.constantFrom(0, 0, 30),
    quota: fc.constantFrom(0, 0, 0, 3),
    misconfigured: fc.constantFrom(0, 0, 0, 1),
  })
  const asked = fc.record({
    waitMs: fc.constantFrom(0, 20, 2_000, 70_000),
    wanted: fc.constantFrom(0, 1, 500, 20_000),
    single: fc.boolean(),
    seen: fc.option(counted),
  })

  it('moves nothing but the instants: nobody waits for the time that comes again', () => {
    fc.assert(
      fc.property(fc.array(asked, { minLength: 2, maxLength: 30 }), fc.nat(28), (asks, before) => {
        const [steady, setBack] = [new Story(), new Story()]
        for (const [index, { waitMs, seen, ...ask }] of asks.entries()) {
          // What passed while nobody looked at the clock cannot be known.
          if (index === before) setBack.now -= DAY_MS
          else for (const story of [steady, setBack]) story.now += waitMs
          const byMs = steady.now - setBack.now
          const [told, toldBack] = [steady, setBack].map((story) =>
            story.ask({ ...ask, report: seen && story.report(seen) }),
          )
          if (told?.kind === 'hold') expect(toldBack).toEqual({ ...told, resumeAt: told.resumeAt - byMs })
          else expect(toldBack).toEqual(told)
        }
      }),
    )
  })
})
