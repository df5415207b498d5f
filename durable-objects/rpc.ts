/**
 * What callers and objects say to each other: plain data that structured clone can carry. Types only.
 */
import type { Address, Platform, Recipient } from '../push/device.ts'
import type { LedgerCounts } from '../push/ledger.ts'
import type { Guarantee, Message, NotificationStatus, Send } from '../push/notification.ts'
import type { DeliveryStatus } from '../push/outcome.ts'
import type { SettlementPart } from '../push/ticket-lease.ts'

/** A device as a member of a topic. */
export interface Member {
  readonly deviceId: string
  readonly userId: string | null
  readonly slot: number
  readonly platform: Platform
  readonly address: Address
}

/** Enough of a device to find its row in a shard. */
export type MemberKey = Pick<Member, 'deviceId' | 'slot' | 'platform'>

/** What a delivery consumer gets for a ticket. */
export type Lease =
  /** Nothing to do: settled, canceled, leased by somebody else, or nothing due yet. */
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'leased'
      readonly leaseId: string
      readonly notificationId: string
      readonly appId: string
      readonly platform: Platform
      readonly message: Message
      readonly guarantee: Guarantee
      /** Epoch ms. */
      readonly expiresAt: number
      readonly recipients: Recipient[]
      /** Devices found dead by an earlier lease whose retirement was not confirmed yet. */
      readonly retirements: Retirement[]
    }

/** A device whose address a push service called dead. */
export interface Retirement {
  readonly deviceId: string
  /** The address that is dead; a device that has another one by now stays. */
  readonly address: string
  /** Epoch ms: retire only if the device registered no later. */
  readonly asOfAt: number
  readonly reason: string
}

/** What a consumer reports: in parts, each of which renews the lease unless it is the last. */
export type Settlement = SettlementPart

/** What a settlement is answered. */
export interface Settled {
  /** Devices that it found dead; the caller retires them and confirms. */
  readonly retirements: Retirement[]
  /** Whether the caller still holds the ticket: not when the lease went to somebody else or the send was canceled. */
  readonly held: boolean
}

/** What a shard needs to know of a notification to open its ledger. */
export interface FanoutOrder {
  readonly notificationId: string
  readonly appId: string
  readonly message: Message
  readonly guarantee: Guarantee
  /** Epoch ms. */
  readonly expiresAt: number
  /** Platforms that the app has a credential for; the others' recipients settle as `failed/no_credentials`. */
  readonly platforms: readonly Platform[]
}

/** One step of opening a ledger: tickets to enqueue, and whether there are more steps. */
export interface OpenStep {
  readonly tickets: { readonly number: number; readonly platform: Platform }[]
  readonly done: boolean
}

/** Counts of a ledger, in all and by platform. */
export interface LedgerView {
  readonly counts: LedgerCounts
  readonly byPlatform: Partial<Record<Platform, LedgerCounts>>
  /** All tickets are cut and nothing is pending. */
  readonly done: boolean
}

/** The public face of a notification, times in epoch ms. */
export interface NotificationView {
  readonly id: string
  readonly status: NotificationStatus
  readonly send: Send
  readonly createdAt: number
  readonly startedAt: number | null
  readonly completedAt: number | null
  readonly counts: LedgerCounts
  readonly byPlatform: Partial<Record<Platform, LedgerCounts>>
  readonly receipts: ReceiptCounts
}

export interface ReceiptCounts {
  readonly delivered: number
  readonly opened: number
  readonly clicked: number
}

export type ReceiptEvent = 'delivered' | 'opened' | 'clicked' | 'dismissed'

/** One row of a delivery listing; `updatedAt` in epoch ms. */
export interface DeliveryView {
  readonly deviceId: string
  readonly userId: string | null
  readonly platform: Platform
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly reason: string | null
  readonly updatedAt: number
}

export interface DeliveryQuery {
  readonly status: DeliveryStatus | null
  readonly deviceId: string | null
  readonly cursor: string | null
  readonly limit: number
}

export interface DeliveryPage {
  readonly data: DeliveryView[]
  readonly nextCursor: string | null
}

/** What creating a notification answers. */
export type CreateAnswer =
  | { readonly kind: 'created'; readonly id: string; readonly status: NotificationStatus }
  /** The same idempotency key and the same body. */
  | { readonly kind: 'replayed'; readonly id: string; readonly status: NotificationStatus }
  /** The same idempotency key, another body. */
  | { readonly kind: 'conflict' }

/** What a delivery consumer asks of the object that holds a ticket's ledger. */
export interface LedgerCalls {
  lease(notificationId: string, number: number): Promise<Lease>
  settle(notificationId: string, number: number, part: Settlement): Promise<Settled>
  confirmRetirements(notificationId: string, number: number): Promise<void>
}

/** What others ask of a SubscriberShard. */
export interface ShardCalls extends LedgerCalls {
  join(members: Member[]): Promise<void>
  leave(keys: MemberKey[]): Promise<void>
  count(): Promise<number>
  open(order: FanoutOrder): Promise<void>
  ledgerView(notificationId: string): Promise<LedgerView | null>
  ledgerDeliveries(notificationId: string, query: DeliveryQuery): Promise<DeliveryPage>
  cancelFanout(notificationId: string, appId: string): Promise<void>
}

/** What others ask of a Notification. */
export interface NotificationCalls extends LedgerCalls {
  create(request: { id: string; appId: string; send: Send; bodyHash: string }): Promise<CreateAnswer>
  replay(bodyHash: string): Promise<CreateAnswer | null>
  view(): Promise<NotificationView | null>
  order(): Promise<FanoutOrder | null>
  shardDone(shard: string, view: LedgerView): Promise<void>
  cancel(): Promise<NotificationView | null>
  deliveries(query: DeliveryQuery): Promise<DeliveryPage | null>
  record(deviceId: string, events: { event: ReceiptEvent; at: number }[]): Promise<boolean>
}
