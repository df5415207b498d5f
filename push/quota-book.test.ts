import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_QUOTAS, quotasOf } from './app-settings.ts'
import { DAY_MS } from './limit-window.ts'
import {
  correctRecipients,
  enterDevices,
  enterSend,
  leaveSend,
  percentReached,
  type QuotaBook,
  readBook,
} from './quota-book.ts'

const NOON = 20_000 * DAY_MS + DAY_MS / 2
const MIDNIGHT = 20_001 * DAY_MS
const QUOTAS = quotasOf({ sendsADay: 100, recipientsADay: 1_000 })

function bookOf(sends: number, recipients: number): QuotaBook {
  return { startsAt: 20_000 * DAY_MS, sends, recipients, warned: {} }
}

describe('a send', () => {
  it.each([
    ['the first', null, 10, 'counted', { sends: 1, recipients: 10 }],
    ['the last one there is room for', bookOf(99, 990), 10, 'counted', { sends: 100, recipients: 1_000 }],
    ['one too many', bookOf(100, 0), 1, 'refused', null],
    ['one to too many', bookOf(0, 995), 6, 'refused', null],
    ['one that alone is more than a day has', null, 1_001, 'refused', null],
    ['one to nobody', bookOf(5, 1_000), 0, 'counted', { sends: 6, recipients: 1_000 }],
  ])('that is %s', (_what, book, recipients, kind, next) => {
    const answer = enterSend(book, recipients, QUOTAS, NOON)
    expect(answer.verdict.kind).toBe(kind)
    if (next === null) expect(answer.next).toBeNull()
    else expect(answer.next).toMatchObject(next)
  })

  it('that is refused is told which quota, what is used, and when the day is over', () => {
    expect(enterSend(bookOf(100, 0), 1, QUOTAS, NOON).verdict).toEqual({
      kind: 'refused',
      quota: 'sends_a_day',
      used: 100,
      limit: 100,
      resetsAt: MIDNIGHT,
    })
    expect(enterSend(bookOf(0, 995), 6, QUOTAS, NOON).verdict).toMatchObject({ quota: 'recipients_a_day', used: 995 })
  })

  it('finds a new book the next day (UTC), and the old one when the clock goes back', () => {
    const full = bookOf(100, 1_000)
    expect(enterSend(full, 1, QUOTAS, MIDNIGHT - 1).verdict.kind).toBe('refused')
    const tomorrow = enterSend(full, 1, QUOTAS, MIDNIGHT)
    expect(tomorrow.next).toMatchObject({ startsAt: MIDNIGHT, sends: 1 })
    expect(enterSend(tomorrow.next, 1, QUOTAS, NOON).next).toMatchObject({ startsAt: MIDNIGHT, sends: 2 })
    expect(enterSend(full, 1, QUOTAS, NOON - 40 * DAY_MS).verdict.kind).toBe('refused')
  })

  it('is counted without a quota too, so that one that is set later knows', () => {
    expect(enterSend(bookOf(7, 70), 3, NO_QUOTAS, NOON).next).toMatchObject({ sends: 8, recipients: 73 })
  })
})

describe('a warning', () => {
  it('is said at 80 and at 95 per cent, once each a day', () => {
    const quotas = quotasOf({ sendsADay: 100 })
    const told: string[] = []
    let book: QuotaBook | null = null
    for (let i = 1; i <= 105; i++) {
      const { next, verdict } = enterSend(book, 1, quotas, NOON)
      book = next ?? book
      if (verdict.kind === 'counted')
        for (const { percent, used } of verdict.warnings) told.push(`${percent}% at ${used}`)
    }
    expect(told).toEqual(['80% at 80', '95% at 95'])
    const next = enterSend(book, 1, quotasOf({ sendsADay: 1 }), MIDNIGHT).verdict
    expect(next).toMatchObject({ warnings: [{ percent: 95, used: 1, limit: 1 }] })
  })

  it('that both are reached at once is one of the higher', () => {
    const { verdict } = enterSend(bookOf(0, 0), 960, QUOTAS, NOON)
    expect(verdict).toMatchObject({ warnings: [{ quota: 'recipients_a_day', percent: 95, used: 960, limit: 1_000 }] })
  })

  it('is shown with every send while it holds', () => {
    const first = enterSend(bookOf(80, 0), 1, QUOTAS, NOON)
    const second = enterSend(first.next, 1, QUOTAS, NOON).verdict
    expect(second).toMatchObject({ warnings: [], reached: [{ quota: 'sends_a_day', percent: 80, used: 82 }] })
  })

  it('of devices is said once a day as well', () => {
    const first = enterDevices(null, 9, 10, NOON)
    expect(first.warnings).toEqual([{ quota: 'devices', percent: 80, used: 9, limit: 10 }])
    expect(enterDevices(first.next, 9, 10, NOON).warnings).toEqual([])
    expect(enterDevices(first.next, 10, 10, NOON).warnings).toMatchObject([{ percent: 95 }])
    expect(enterDevices(first.next, 9, 10, MIDNIGHT).warnings).toMatchObject([{ percent: 80 }])
  })

  it.each([
    [0, 10, null],
    [79, 100, null],
    [80, 100, 80],
    [94, 100, 80],
    [95, 100, 95],
    [200, 100, 95],
    [0, 0, 95],
    [5, null, null],
  ])('for %i of %s is %s', (used, limit, percent) => {
    expect(percentReached(used, limit)).toBe(percent)
  })
})

describe('what is given back or corrected', () => {
  it('is given back to the day on which it was counted, and to no other', () => {
    const book = bookOf(5, 50)
    expect(leaveSend(book, book.startsAt, 20)).toMatchObject({ sends: 4, recipients: 30 })
    expect(correctRecipients(book, book.startsAt, -30, NOON)).toMatchObject({ sends: 5, recipients: 20 })
    expect(leaveSend(book, book.startsAt - DAY_MS, 20)).toBeNull()
    expect(correctRecipients(book, book.startsAt - DAY_MS, -30, NOON)).toBeNull()
    expect(correctRecipients(book, null, -30, NOON)).toBeNull()
    expect(correctRecipients(book, book.startsAt, -30, MIDNIGHT)).toBeNull()
  })

  it('is used today when it is more than was counted, whenever that was', () => {
    const book = bookOf(5, 50)
    expect(correctRecipients(book, book.startsAt, 30, NOON)).toMatchObject({ sends: 5, recipients: 80 })
    expect(correctRecipients(book, book.startsAt, 30, MIDNIGHT)).toMatchObject({ startsAt: MIDNIGHT, recipients: 30 })
    expect(correctRecipients(book, null, 30, NOON)).toMatchObject({ sends: 5, recipients: 80 })
    expect(correctRecipients(null, null, 30, NOON)).toMatchObject({ sends: 0, recipients: 30 })
  })

  it('reads as nothing used on a new day', () => {
    expect(readBook(bookOf(5, 50), NOON)).toEqual({ sends: 5, recipients: 50, resetsAt: MIDNIGHT })
    expect(readBook(bookOf(5, 50), MIDNIGHT)).toEqual({ sends: 0, recipients: 0, resetsAt: MIDNIGHT + DAY_MS })
  })
})

it('never counts past a quota, whatever is sent and given back', () => {
  const steps = fc.array(
    fc.record({ recipients: fc.nat(400), back: fc.boolean(), hours: fc.integer({ min: -30, max: 30 }) }),
  )
  fc.assert(
    fc.property(steps, (all) => {
      let [book, now] = [null as QuotaBook | null, NOON]
      for (const { recipients, back, hours } of all) {
        now += hours * 3_600_000
        const { next, verdict } = enterSend(book, recipients, QUOTAS, now)
        expect(next === null).toBe(verdict.kind === 'refused')
        if (next !== null) book = back ? leaveSend(next, next.startsAt, recipients) : next
        expect(book?.sends ?? 0).toBeLessThanOrEqual(100)
        expect(book?.recipients ?? 0).toBeLessThanOrEqual(1_000)
        expect(book?.sends ?? 0).toBeGreaterThanOrEqual(0)
      }
    }),
  )
})
