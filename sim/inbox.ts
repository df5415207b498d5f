/**
 * What arrived: per address exactly, and per service in numbers.
 *
 * Mode `full` keeps every arrival with its payload. Mode `counts` is for load: it keeps numbers, and per address the
 * ids of the messages it accepted, so that duplicates are exact in both modes. Knows no protocol.
 */
import type { Service } from './service.ts'

/** The status of a request that was never answered (hang, reset, GOAWAY). */
export const UNANSWERED = 0

const FIRST_ERROR_STATUS = 300

/** One request for one address. Snake case because the control API shows it as it is. */
export interface Arrival {
  /** Epoch ms. */
  readonly at: number
  /** HTTP status of the answer, or {@link UNANSWERED}. */
  readonly status: number
  /** Whether the service took the push: the device has it, whatever the sender was told. */
  readonly accepted: boolean
  /** What makes it a duplicate when it comes again to the same address: `fanfare_id`, else the service's message id. */
  readonly message_id: string | null
  /** The service's own word for a refusal. */
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The message as the service understood it; a Web Push decrypted. */
  readonly payload: unknown
}

/** An arrival without what was in it. */
export type BriefArrival = Pick<Arrival, 'at' | 'status' | 'accepted' | 'message_id' | 'reason'>

/** A service in numbers. */
export interface ServiceCounts {
  readonly requests: number
  readonly accepted: number
  /** Answered with an error, and not accepted all the same. */
  readonly refused: number
  /** Hung or cut without an answer; accepted ones are counted in `accepted` too. */
  readonly unanswered: number
  readonly by_status: Readonly<Record<string, number>>
  /** Accepted pushes whose message id the address had accepted before. */
  readonly duplicates: number
  /** Addresses that accepted at least one push. */
  readonly devices: number
}

export type InboxMode = 'full' | 'counts'

/** The message ids an address accepted: most addresses have one, which costs no set. */
type AcceptedIds = string | Set<string> | null

class ServiceInbox {
  requests = 0
  accepted = 0
  refused = 0
  unanswered = 0
  duplicates = 0
  readonly byStatus = new Map<number, number>()
  readonly acceptedIds = new Map<string, AcceptedIds>()
  readonly arrivals = new Map<string, Arrival[]>()

  count(arrival: Arrival): void {
    this.requests += 1
    if (arrival.accepted) this.accepted += 1
    if (arrival.status === UNANSWERED) this.unanswered += 1
    else if (!arrival.accepted && arrival.status >= FIRST_ERROR_STATUS) this.refused += 1
    this.byStatus.set(arrival.status, (this.byStatus.get(arrival.status) ?? 0) + 1)
  }

  noteAccepted(address: string, messageId: string | null): void {
    const ids = this.acceptedIds.get(address)
    if (ids === undefined || ids === null) {
      this.acceptedIds.set(address, messageId)
    } else if (messageId === null) {
      return
    } else if (typeof ids === 'string') {
      if (ids === messageId) this.duplicates += 1
      else this.acceptedIds.set(address, new Set([ids, messageId]))
    } else if (ids.has(messageId)) {
      this.duplicates += 1
    } else {
      ids.add(messageId)
    }
  }

  keep(address: string, arrival: Arrival): void {
    const arrivals = this.arrivals.get(address)
    if (arrivals === undefined) this.arrivals.set(address, [arrival])
    else arrivals.push(arrival)
  }

  view(): ServiceCounts {
    return {
      requests: this.requests,
      accepted: this.accepted,
      refused: this.refused,
      unanswered: this.unanswered,
      by_status: Object.fromEntries(this.byStatus),
      duplicates: this.duplicates,
      devices: this.acceptedIds.size,
    }
  }
}

export class Inbox {
  readonly mode: InboxMode
  #services: Record<Service, ServiceInbox> = emptyServices()

  constructor(mode: InboxMode) {
    this.mode = mode
  }

  /**
   * Records one request, once its fate is decided.
   *
   * @param address null when the request never got so far as to name one; it is counted only
   */
  record(service: Service, address: string | null, arrival: Arrival): void {
    const box = this.#services[service]
    box.count(arrival)
    if (address === null) return
    if (arrival.accepted) box.noteAccepted(address, arrival.message_id)
    if (this.mode === 'full') box.keep(address, arrival)
  }

  /** Everything that came to an address, in order, refused requests included; empty in mode `counts`. */
  arrivalsAt(service: Service, address: string): readonly Arrival[] {
    return this.#services[service].arrivals.get(address) ?? []
  }

  /** Everything that came to a service, by address, without payloads; empty in mode `counts`. */
  listArrivals(service: Service): { readonly address: string; readonly arrivals: readonly BriefArrival[] }[] {
    return Array.from(this.#services[service].arrivals, ([address, arrivals]) => ({
      address,
      arrivals: arrivals.map(({ at, status, accepted, message_id, reason }) => ({
        at,
        status,
        accepted,
        message_id,
        reason,
      })),
    }))
  }

  counts(): Record<Service, ServiceCounts> {
    const { fcm, oauth, apns, webpush } = this.#services
    return { fcm: fcm.view(), oauth: oauth.view(), apns: apns.view(), webpush: webpush.view() }
  }

  /** Forgets all arrivals and counts. */
  clear(): void {
    this.#services = emptyServices()
  }
}

function emptyServices(): Record<Service, ServiceInbox> {
  return { fcm: new ServiceInbox(), oauth: new ServiceInbox(), apns: new ServiceInbox(), webpush: new ServiceInbox() }
}
