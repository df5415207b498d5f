/** What the receiver of webhooks and the stories say to each other. Types only. */

/** How to answer one request; when there are no more of them, 204. */
export interface Scripted {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly afterMs?: number
}

/** A request as it came. */
export interface Received {
  /** Epoch ms. */
  readonly at: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came to a path, and how many requests at most were unanswered at once. */
export interface Inbox {
  readonly received: Received[]
  readonly mostAtOnce: number
}
