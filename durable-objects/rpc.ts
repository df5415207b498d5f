/**
 * What callers and objects say to each other: plain data that structured clone can carry. Types only.
 */
import type { Subject } from '../push/access-limits.ts'
import type { Address, Platform, Recipient } from '../push/device.ts'
import type { LaneTicket } from '../push/lanes.ts'
import type { LedgerCounts, LedgerKind } from '../push/ledger.ts'
import type { Guarantee, Message, NotificationStatus, Send } from '../push/notification.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import type { DeliveryStatus } from '../push/outcome.ts'
import type { Place, ReplayPiece } from '../push/replay.ts'
import type { Piece, SlotRange } from '../push/shard-directory.ts'
import type { PastAttempt } from '../push/ticket.ts'
import type { SettlementPart } from '../push/ticket-lease.ts'
import type { Postponement } from '../push/ticket-postpone.ts'

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
      /** The `fanfare_id` of its pushes. */
      readonly pushId: string
      /** The `fanfare_seq` of its pushes; null: not ordered. */
      readonly pushSequence: number | null
      readonly appId: string
      readonly platform: Platform
      readonly message: Message
      readonly guarantee: Guarantee
      /** Epoch ms. */
      readonly expiresAt: number
      readonly recipients: Recipient[]
      /** Devices found dead by an earlier lease whose retirement was not confirmed yet. */
      readonly retirements: Retirement[]
      /** How often in a row the alarm brought the ticket back without anything being settled. */
      readonly stalls: number
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
  /** Of an ordered send to users or devices: every ticket covers one slot, and waits for its turn. */
  readonly byTurn: boolean
  /** The slots to cover: `fromSlot` up to, not including, `toSlot`. */
  readonly fromSlot: number
  readonly toSlot: number
  /** The `fanfare_id` of its pushes: its own id, or that of the first notification when dead letters are sent again. */
  readonly pushId: string
  /** The `fanfare_seq` of its pushes; null: not ordered. */
  readonly pushSequence: number | null
  /** The notification whose dead letters are sent again; null: not a replay. */
  readonly replayOf: string | null
}

/** What the holder of dead letters needs to know to send them again, in a ledger of their own. */
export interface ReplayOrder extends FanoutOrder {
  readonly replayOf: string
  /** Only these; null: all that no earlier replay took. */
  readonly places: readonly Place[] | null
}

/** What a replay would find in one ledger, as of now. */
export interface DeadLetterLook {
  /** How many no replay has taken yet, and how many one has. */
  readonly open: number
  readonly replayed: number
  /** Of the places that were asked for, those where no dead letter is. */
  readonly unknown: readonly Place[]
}

/** What a replay of a notification's dead letters would find, in all its ledgers. */
export interface Replayable extends Omit<DeadLetterLook, 'unknown'> {
  /** The notification's own id. */
  readonly of: string
  /** Places of the request where no dead letter is. */
  readonly unknown: readonly ShardPlace[]
  /** What the replay is made of. */
  readonly send: Send
  readonly pushId: string
  readonly kind: LedgerKind
  readonly pieces: readonly ReplayPiece[]
}

/** A recipient by its place in a notification. */
export interface ShardPlace extends Place {
  /** The number of the topic's shard; null: the notification has one ledger. */
  readonly shard: number | null
}

/** One step of opening a ledger: tickets to enqueue, and whether there are more steps. */
export interface OpenStep {
  readonly tickets: LaneTicket[]
  readonly done: boolean
}

/** Counts of a ledger, in all and by platform. */
export interface LedgerView {
  readonly counts: LedgerCounts
  readonly byPlatform: Partial<Record<Platform, LedgerCounts>>
  /** All tickets are cut. */
  readonly opened: boolean
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

/** Which deliveries to list; null: all. */
export interface DeliveryFilter {
  readonly status: DeliveryStatus | null
  readonly platform: Platform | null
  readonly reason: string | null
  readonly replayed: boolean | null
}

/** One row of a delivery listing; `updatedAt` in epoch ms. */
export interface DeliveryView {
  readonly deviceId: string
  readonly userId: string | null
  readonly platform: Platform
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly reason: string | null
  readonly updatedAt: number
  /** The attempts that did not succeed, in order. */
  readonly history: readonly PastAttempt[]
  /** The notification that sends it again; null: nobody asked for that. */
  readonly replayedBy: string | null
  readonly place: ShardPlace
}

export interface DeliveryQuery extends DeliveryFilter {
  readonly deviceId: string | null
  readonly cursor: string | null
  readonly limit: number
}

export interface DeliveryPage {
  readonly data: DeliveryView[]
  readonly nextCursor: string | null
}

/** What a notification is made of. */
export type CreateRequest = Pick<
  NotificationLife,
  'id' | 'appId' | 'send' | 'bodyHash' | 'sentBy' | 'countedRecipients'
>

/** What creating a notification answers. */
export type CreateAnswer =
  | { readonly kind: 'created'; readonly id: string; readonly status: NotificationStatus }
  /** The same idempotency key and the same body. */
  | { readonly kind: 'replayed'; readonly id: string; readonly status: NotificationStatus }
  /** The same idempotency key, another body. */
  | { readonly kind: 'conflict' }
  /** It is ordered, and too many wait before it. Nothing was kept. */
  | { readonly kind: 'line_full' }
  /** Something that had to answer did not: it may be accepted, or not. */
  | { readonly kind: 'unknown' }

/** What is asked of the object that holds a ledger. */
export interface LedgerCalls {
  lease(notificationId: string, number: number): Promise<Lease>
  settle(notificationId: string, number: number, part: Settlement): Promise<Settled>
  confirmRetirements(notificationId: string, number: number): Promise<void>
  postpone(notificationId: string, number: number, postponement: Postponement): Promise<boolean>
  ledgerView(notificationId: string): Promise<LedgerView | null>
  ledgerDeliveries(notificationId: string, query: DeliveryQuery): Promise<DeliveryPage>
  cancelFanout(notificationId: string, appId: string): Promise<void>
  lookAtDeadLetters(notificationId: string, places: readonly Place[] | null): Promise<DeadLetterLook>
  openReplay(order: ReplayOrder): Promise<boolean>
  isOpenTicket(notificationId: string, number: number): Promise<boolean>
}

/** What a shard answers to a call about slots. `moved`: it does not own all of them, and nothing was done. */
export type OwnerAnswer<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'moved' }

/** What others ask of a SubscriberShard. */
export interface ShardCalls extends LedgerCalls {
  join(members: Member[]): Promise<OwnerAnswer<null>>
  leave(keys: MemberKey[]): Promise<OwnerAnswer<null>>
  /** Both at once: no send is opened, and nobody counted, in between. */
  replace(gone: MemberKey[], members: Member[]): Promise<OwnerAnswer<null>>
  find(keys: MemberKey[]): Promise<OwnerAnswer<Member[]>>
  count(range: SlotRange): Promise<OwnerAnswer<number>>
  /** Takes out some members. Answers whether there may be more. */
  dropSome(range: SlotRange): Promise<OwnerAnswer<boolean>>
  open(order: FanoutOrder): Promise<OwnerAnswer<null>>
  /** From the shard that a new one comes from: members as they are now. */
  receive(parent: string, transfer: number, members: Member[], gone: MemberKey[]): Promise<void>
  /** From the same: these slots are the new shard's own. */
  activate(range: SlotRange): Promise<void>
}

/** What others ask of a Notification. */
export interface NotificationCalls extends LedgerCalls {
  create(request: CreateRequest): Promise<CreateAnswer>
  replay(bodyHash: string): Promise<CreateAnswer | null>
  view(): Promise<NotificationView | null>
  subject(): Promise<Subject | null>
  order(shard: string): Promise<FanoutOrder | null>
  replayOrder(ledger: string): Promise<ReplayOrder | null>
  replayable(places: readonly ShardPlace[] | null): Promise<Replayable | null>
  shardDone(shard: string, view: LedgerView): Promise<void>
  /** A shard does not own all the slots it was to open, and has opened nothing. */
  pieceMoved(piece: Piece): Promise<void>
  cancel(): Promise<NotificationView | null>
  /** Its turn in a line of ordered sends has come. False: it is over there. */
  turn(line: string, sequence: number): Promise<boolean>
  deliveries(query: DeliveryQuery): Promise<DeliveryPage | null>
  record(deviceId: string, events: { event: ReceiptEvent; at: number }[]): Promise<boolean>
}
