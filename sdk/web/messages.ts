/**
 * What the service worker says to open pages. One message, one guard.
 */
import type { IncomingNotification } from './payload.ts'

/** `received`: a push arrived. `clicked`: the user pressed its notification. */
export type PageEvent = 'received' | 'clicked'

export interface PageMessage {
  readonly kind: 'fanfare'
  readonly event: PageEvent
  readonly notification: IncomingNotification
}

/** Other code may post to the page too; only ours carries the mark. */
export function isPageMessage(value: unknown): value is PageMessage {
  return typeof value === 'object' && value !== null && (value as Partial<PageMessage>).kind === 'fanfare'
}
