/**
 * The book of what an app has used of its daily quotas: who may still send, what is given back, when somebody is to be
 * warned. Days are UTC. Pure: the clock is an argument; where it is kept is decided elsewhere.
 */
import type { AppQuotas } from './app-settings.ts'
import { DAY_MS, periodAt } from './limit-window.ts'

/** The names of the quotas, as they are on the wire. */
export type QuotaName = 'devices' | 'sends_a_day' | 'recipients_a_day'

/** Per cent of a quota at which somebody is told, once a day each. Time to act, and nearly none. */
export const WARNING_PERCENTS = [80, 95] as const
export type WarningPercent = (typeof WARNING_PERCENTS)[number]

export interface QuotaBook {
  /** Epoch ms of the midnight (UTC) at which the day began. */
  readonly startsAt: number
  readonly sends: number
  readonly recipients: number
  /** The highest per cent of which was told today. */
  readonly warned: Partial<Record<QuotaName, WarningPercent>>
}

/** A quota of which most is used. */
export interface QuotaWarning {
  readonly quota: QuotaName
  /** The highest of them that is reached. */
  readonly percent: WarningPercent
  readonly used: number
  readonly limit: number
}

/** A quota that has no room. */
export interface QuotaRefusal {
  readonly quota: QuotaName
  readonly used: number
  readonly limit: number
  /** Epoch ms; null: it does not begin anew. */
  readonly resetsAt: number | null
}

export type SendVerdict =
  | {
      readonly kind: 'counted'
      /** Quotas of which most is used, */
      readonly reached: readonly QuotaWarning[]
      /** and those of them that nobody was told of today. */
      readonly warnings: readonly QuotaWarning[]
    }
  | ({ readonly kind: 'refused' } & QuotaRefusal)

/** Counts a send to so many. @returns `next` null: it is refused, and nothing is counted */
export function enterSend(
  kept: QuotaBook | null,
  recipients: number,
  quotas: AppQuotas,
  now: number,
): { readonly next: QuotaBook | null; readonly verdict: SendVerdict } {
  const today = openDay(kept, now)
  const refused = refusal(today, recipients, quotas)
  if (refused !== null) return { next: null, verdict: { kind: 'refused', ...refused } }
  const counted = { ...today, sends: today.sends + 1, recipients: today.recipients + recipients }
  const reached = [
    warningOf('sends_a_day', counted.sends, quotas.sendsADay),
    warningOf('recipients_a_day', counted.recipients, quotas.recipientsADay),
  ].filter((warning) => warning !== null)
  const { next, warnings } = tell(counted, reached)
  return { next, verdict: { kind: 'counted', reached, warnings } }
}

function refusal(today: QuotaBook, recipients: number, quotas: AppQuotas): QuotaRefusal | null {
  const resetsAt = today.startsAt + DAY_MS
  const { sendsADay, recipientsADay } = quotas
  if (sendsADay !== null && today.sends + 1 > sendsADay) {
    return { quota: 'sends_a_day', used: today.sends, limit: sendsADay, resetsAt }
  }
  if (recipientsADay !== null && today.recipients + recipients > recipientsADay) {
    return { quota: 'recipients_a_day', used: today.recipients, limit: recipientsADay, resetsAt }
  }
  return null
}

/** Takes a send out again that was counted on that day. Null: that day is over. */
export function leaveSend(kept: QuotaBook | null, dayAt: number, recipients: number): QuotaBook | null {
  if (kept?.startsAt !== dayAt) return null
  return { ...kept, sends: kept.sends - 1, recipients: kept.recipients - recipients }
}

/**
 * A send that was counted on some day went to more or fewer. What it went to beyond that is used today, also when that day
 * is over; what it did not is given back to that day only.
 *
 * @returns null: nothing changes
 */
export function correctRecipients(
  kept: QuotaBook | null,
  dayAt: number | null,
  by: number,
  now: number,
): QuotaBook | null {
  const today = openDay(kept, now)
  return by > 0 || today.startsAt === dayAt ? { ...today, recipients: today.recipients + by } : null
}

/** So many devices are there. @returns who is to be told of it */
export function enterDevices(
  kept: QuotaBook | null,
  used: number,
  limit: number,
  now: number,
): { readonly next: QuotaBook; readonly warnings: readonly QuotaWarning[] } {
  return tell(
    openDay(kept, now),
    [warningOf('devices', used, limit)].filter((warning) => warning !== null),
  )
}

/** What was used today, and when the next day begins. */
export function readBook(
  kept: QuotaBook | null,
  now: number,
): { readonly sends: number; readonly recipients: number; readonly resetsAt: number } {
  const { sends, recipients, startsAt } = openDay(kept, now)
  return { sends, recipients, resetsAt: startsAt + DAY_MS }
}

/** The highest per cent of a quota that is reached; null: none, or there is no quota. */
export function percentReached(used: number, limit: number | null): WarningPercent | null {
  if (limit === null) return null
  return WARNING_PERCENTS.findLast((percent) => used * 100 >= limit * percent) ?? null
}

function warningOf(quota: QuotaName, used: number, limit: number | null): QuotaWarning | null {
  const percent = percentReached(used, limit)
  return limit === null || percent === null ? null : { quota, percent, used, limit }
}

/** Each is told once a day. */
function tell(book: QuotaBook, reached: readonly QuotaWarning[]) {
  const warnings = reached.filter(({ quota, percent }) => percent > (book.warned[quota] ?? 0))
  const warned = Object.fromEntries(warnings.map(({ quota, percent }) => [quota, percent]))
  return { next: { ...book, warned: { ...book.warned, ...warned } }, warnings }
}

function openDay(kept: QuotaBook | null, now: number): QuotaBook {
  const { startsAt, isNew } = periodAt(kept?.startsAt ?? null, DAY_MS, now)
  return kept === null || isNew ? { startsAt, sends: 0, recipients: 0, warned: {} } : { ...kept, startsAt }
}
