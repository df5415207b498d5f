/**
 * Sends one notification to the demo's topic and watches it until every delivery is accounted for.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Platform } from '../../push/device.ts'
import type { LedgerCounts } from '../../push/ledger.ts'
import type { ApiClient } from '../api-client.ts'

/** What the ledger says at a moment (`GET /v1/notifications/{id}`). */
export interface LedgerView {
  readonly id: string
  readonly status: string
  readonly counts: LedgerCounts
  readonly by_platform: Partial<Record<Platform, LedgerCounts>>
}

/** What the simulators counted (`GET /counts`). */
export type InboxCounts = Record<Platform, ServiceCounts>
export interface ServiceCounts {
  readonly requests: number
  readonly accepted: number
  readonly by_status: Readonly<Record<string, number>>
  readonly duplicates: number
}

export interface Snapshot {
  readonly ledger: LedgerView
  readonly inbox: InboxCounts
  readonly elapsedMs: number
}

/** Often enough for a smooth bar, seldom enough to cost nothing. */
const POLL_MS = 200
/** Longer than a lease that was lost and found again; after that nothing will move any more. */
const STALLED_AFTER_MS = 180_000

/** Sends and yields what is seen, last of all the finished ledger. @throws when nothing moves any more */
export async function* sendAndWatch(api: ApiClient, control: ApiClient, topic: string): AsyncGenerator<Snapshot> {
  const startedAt = performance.now()
  const { id } = await api.post<{ id: string }>('/v1/notifications', demoNotification(topic))
  let movedAt = startedAt
  let pending = Number.NaN
  for (;;) {
    // The ledger first: what it calls accepted has arrived by the time the inboxes are asked.
    const ledger = await api.get<LedgerView>(`/v1/notifications/${id}`)
    const inbox = await control.get<InboxCounts>('/counts')
    const now = performance.now()
    yield { ledger, inbox, elapsedMs: now - startedAt }
    if (ledger.status === 'completed' || ledger.status === 'canceled') return
    if (ledger.counts.pending !== pending) movedAt = now
    pending = ledger.counts.pending
    if (now - movedAt > STALLED_AFTER_MS) {
      throw new Error(`No delivery of ${id} was settled for ${STALLED_AFTER_MS / 1000} s; ${pending} are pending.`)
    }
    await sleep(POLL_MS)
  }
}

function demoNotification(topic: string) {
  return {
    to: { topic },
    title: 'Fanfare',
    body: 'One send, every device, each of them accounted for.',
    url: 'https://fanfare.example/news/1',
    data: { article: '1' },
    ttl_seconds: 3600,
  }
}
