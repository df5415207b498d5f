/**
 * The audit: what the ledger says of every recipient against what the push services saw. Pure. It knows nothing of how
 * the platform works, only what it promises (docs/design/guarantees.md).
 */
import type { BriefArrival } from '../../sim/inbox.ts'
import { type Delivery, type NotificationView, SETTLED_STATUSES } from './ledger.ts'

export interface Evidence {
  readonly guarantee: 'at_least_once' | 'at_most_once'
  readonly notification: NotificationView
  readonly deliveries: readonly Delivery[]
  /** User ids of everybody whom the notification was for. */
  readonly audience: ReadonlySet<string>
  /** User ids of those who joined while it was on its way: it may be for them or not. */
  readonly joining: ReadonlySet<string>
  /** Those of them whose address the push services call dead. */
  readonly gone: ReadonlySet<string>
  /** What came to the push services of this notification, by user id. */
  readonly arrivals: ReadonlyMap<string, readonly BriefArrival[]>
  /** In how many interrupted leases each user was: sent perhaps, and not settled when the platform was killed. */
  readonly inTheAir: ReadonlyMap<string, number>
}

export interface Audit {
  readonly targeted: number
  readonly accepted: number
  readonly unregistered: number
  /** `failed` with `unconfirmed`. */
  readonly unconfirmed: number
  /** Recipients who were promised the push and did not get it. */
  readonly lost: number
  /** Arrivals beyond the first, of all recipients. */
  readonly duplicates: number
  /** Of these, as many as interrupted leases account for. The others followed an attempt without an answer. */
  readonly duplicatesOfKills: number
  /** The most duplicates that interrupted leases can account for. */
  readonly mostDuplicatesOfKills: number
  /** What must not be, in sentences. Empty: the audit holds. */
  readonly mistakes: readonly string[]
}

export function audit(evidence: Evidence): Audit {
  const { notification, deliveries, inTheAir } = evidence
  const book = new Book()
  checkCounts(evidence, book)
  checkAudience(evidence, book)
  let duplicates = 0
  let duplicatesOfKills = 0
  for (const delivery of deliveries) {
    const extra = Math.max(0, arrivedCount(evidence, delivery) - 1)
    const interrupted = inTheAir.get(delivery.user_id) ?? 0
    duplicates += extra
    duplicatesOfKills += Math.min(extra, interrupted)
    checkFate(evidence, delivery, book)
    checkCopies(evidence, delivery, extra - interrupted, book)
  }
  return {
    targeted: notification.counts.targeted,
    accepted: notification.counts.accepted,
    unregistered: notification.counts.unregistered,
    unconfirmed: deliveries.filter(isUnconfirmed).length,
    lost: book.lost.size,
    duplicates,
    duplicatesOfKills,
    mostDuplicatesOfKills: sum(inTheAir.values()),
    mistakes: book.sentences(),
  }
}

/** Mistakes by kind, each with how often and one example. */
class Book {
  readonly lost = new Set<string>()
  readonly #mistakes = new Map<string, { count: number; example: string }>()

  note(mistake: string, example: string): void {
    const known = this.#mistakes.get(mistake)
    if (known === undefined) this.#mistakes.set(mistake, { count: 1, example })
    else known.count++
  }

  noteLost(userId: string, mistake: string, example: string): void {
    this.lost.add(userId)
    this.note(mistake, example)
  }

  sentences(): string[] {
    return Array.from(this.#mistakes, ([mistake, { count, example }]) => `${count} × ${mistake}, such as ${example}`)
  }
}

function checkCounts({ notification, deliveries }: Evidence, book: Book): void {
  const { counts, status } = notification
  if (status !== 'completed') book.note('the notification is not completed', status)
  if (counts.pending !== 0) book.note('recipients are pending in the end', String(counts.pending))
  const settled = sum(SETTLED_STATUSES.map((word) => counts[word]))
  if (settled + counts.pending !== counts.targeted) book.note('the ledger does not balance', JSON.stringify(counts))
  for (const word of SETTLED_STATUSES) {
    const listed = deliveries.filter((delivery) => delivery.status === word).length
    if (listed !== counts[word])
      book.note('counts and deliveries differ', `${word}: ${counts[word]} counted, ${listed} listed`)
  }
}

function checkAudience({ audience, joining, deliveries }: Evidence, book: Book): void {
  const listed = new Set<string>()
  for (const { user_id: userId } of deliveries) {
    if (listed.has(userId)) book.note('a recipient is listed twice', userId)
    if (!audience.has(userId) && !joining.has(userId)) book.note('a recipient is not of the audience', userId)
    listed.add(userId)
  }
  for (const userId of audience) {
    if (!listed.has(userId)) book.noteLost(userId, 'a device of the audience is not in the ledger', userId)
  }
}

function checkFate(evidence: Evidence, delivery: Delivery, book: Book): void {
  const { guarantee, gone } = evidence
  const { user_id: userId, status } = delivery
  const example = `${userId}: ${status}/${delivery.reason}, ${describeArrivals(evidence, userId)}`
  const silent = guarantee === 'at_most_once' && isUnconfirmed(delivery)
  if (status === 'accepted' && arrivedCount(evidence, delivery) === 0) {
    book.noteLost(userId, 'accepted in the ledger and in no inbox', example)
  } else if (gone.has(userId)) {
    if (status !== 'unregistered' && !silent) book.note('a dead address is not settled as unregistered', example)
  } else if (status !== 'accepted' && !silent) {
    book.noteLost(userId, 'a live device was not reached', example)
  }
}

/** @param unexplained arrivals beyond the first that no interrupted lease accounts for */
function checkCopies(evidence: Evidence, delivery: Delivery, unexplained: number, book: Book): void {
  const { user_id: userId, attempts } = delivery
  const example = `${userId}: ${attempts} attempts, ${describeArrivals(evidence, userId)}`
  if (evidence.guarantee === 'at_most_once') {
    if (arrivedCount(evidence, delivery) > 1) book.note('received twice under at_most_once', example)
  } else if (unexplained > Math.max(0, attempts - 1)) {
    book.note('a duplicate that neither a kill nor an attempt in the ledger explains', example)
  }
}

function isUnconfirmed({ status, reason }: Delivery): boolean {
  return status === 'failed' && reason === 'unconfirmed'
}

function arrivedCount({ arrivals }: Evidence, { user_id: userId }: Delivery): number {
  return arrivals.get(userId)?.filter(({ accepted }) => accepted).length ?? 0
}

function describeArrivals({ arrivals }: Evidence, userId: string): string {
  const seen = arrivals.get(userId) ?? []
  if (seen.length === 0) return 'nothing arrived'
  return `arrived: ${seen.map(({ status, accepted, at }) => `${status}${accepted ? ' taken' : ''} at ${at}`).join(', ')}`
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
