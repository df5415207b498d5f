/** What the platform says of a notification, read through its API. */
import type { ApiClient } from '../../dev/api-client.ts'
import type { PushService } from './simulators.ts'

export const SETTLED_STATUSES = ['accepted', 'unregistered', 'failed', 'suppressed', 'expired', 'canceled'] as const

export type Counts = Readonly<Record<'targeted' | 'pending' | (typeof SETTLED_STATUSES)[number], number>>

export interface NotificationView {
  readonly id: string
  readonly status: string
  readonly counts: Counts
  readonly by_platform: Readonly<Partial<Record<PushService, Counts>>>
}

export interface Delivery {
  readonly user_id: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
}

const ROWS_A_PAGE = 500

export function readNotification(api: ApiClient, id: string): Promise<NotificationView> {
  return api.get(`/v1/notifications/${id}`)
}

/** The fate of every recipient, page by page. */
export async function readDeliveries(api: ApiClient, id: string): Promise<Delivery[]> {
  const deliveries: Delivery[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: { data: Delivery[]; next_cursor: string | null } = await api.get(
      `/v1/notifications/${id}/deliveries?limit=${ROWS_A_PAGE}${after}`,
    )
    deliveries.push(...page.data)
    cursor = page.next_cursor
  }
  return deliveries
}
