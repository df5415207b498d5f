/**
 * The tables of a ledger: who may receive (members), what is being sent to them (fanouts, tickets) and what did
 * not simply succeed (exceptions). One copy lives in every SubscriberShard, and one in every Notification that
 * is sent to users or devices directly. Definitions only; the generated SQL is in schema/migrations/.
 *
 * All tables are `WITHOUT ROWID` (edited into the generated SQL: drizzle has no word for it): a text key then
 * costs one billed row per write, not two.
 */
import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { SLOT_COUNT } from '../../push/slot.ts'

/**
 * The fan-out copy of the devices, ordered by platform and slot so that a ticket is one range of the key.
 *
 * A row is a version: it was a member from `joined_seq` until `left_seq` (null: still is). The sequence counts
 * fan-outs, so a fan-out opened at `opened_seq` is sent to the versions with
 * `joined_seq <= opened_seq and (left_seq is null or left_seq > opened_seq)`, whatever joins or leaves meanwhile.
 */
export const member = sqliteTable(
  'member',
  {
    platform: text('platform').notNull(),
    slot: integer('slot').notNull(),
    deviceId: text('device_id').notNull(),
    joinedSeq: integer('joined_seq').notNull(),
    leftSeq: integer('left_seq'),
    userId: text('user_id'),
    addressKind: text('address_kind').notNull(),
    address: text('address').notNull(),
  },
  (table) => [primaryKey({ columns: [table.platform, table.slot, table.deviceId, table.joinedSeq] })],
)

/** One notification over these members. */
export const fanout = sqliteTable('fanout', {
  notificationId: text('notification_id').primaryKey(),
  appId: text('app_id').notNull(),
  /** JSON of push/notification.ts Message. */
  message: text('message').notNull(),
  guarantee: text('guarantee').notNull(),
  expiresAt: integer('expires_at').notNull(),
  openedSeq: integer('opened_seq').notNull(),
  openedAt: integer('opened_at').notNull(),
  /** `opening`: tickets are being cut. `sending`. `done`: pending = 0. `reported`: the Notification knows. */
  state: text('state').notNull(),
  /** JSON of the last cut, while opening. */
  cutAfter: text('cut_after'),
  ticketCount: integer('ticket_count').notNull(),
  canceledAt: integer('canceled_at'),
  /** The slots it covers: `from_slot` up to, not including, `to_slot`. */
  fromSlot: integer('from_slot').notNull().default(0),
  toSlot: integer('to_slot').notNull().default(SLOT_COUNT),
  /** The `fanfare_id` its pushes carry; null: the notification's own id. A replay carries the first one's. */
  pushId: text('push_id'),
  /** The `fanfare_seq` its pushes carry; null: not ordered. */
  pushSequence: integer('push_sequence'),
  /** The notification whose dead letters these tickets are; null: not a replay. */
  replayOf: text('replay_of'),
})

/** At most 500 recipients: the members of one platform after (from_slot, from_device) up to (to_slot, to_device). */
export const ticket = sqliteTable(
  'ticket',
  {
    notificationId: text('notification_id').notNull(),
    number: integer('number').notNull(),
    platform: text('platform').notNull(),
    fromSlot: integer('from_slot').notNull(),
    fromDevice: text('from_device').notNull(),
    toSlot: integer('to_slot').notNull(),
    toDevice: text('to_device').notNull(),
    size: integer('size').notNull(),
    /** One bit an ordinal: settled by itself. */
    done: blob('done').notNull(),
    accepted: integer('accepted').notNull(),
    unregistered: integer('unregistered').notNull(),
    failed: integer('failed').notNull(),
    suppressed: integer('suppressed').notNull(),
    expired: integer('expired').notNull(),
    canceled: integer('canceled').notNull(),
    /** How all ordinals without a bit were settled together, if they were. */
    restStatus: text('rest_status'),
    restReason: text('rest_reason'),
    leaseId: text('lease_id'),
    /** When a consumer had it last, leased or postponed; null: its message is in a queue, or lost. */
    leasedAt: integer('leased_at'),
    leasedUntil: integer('leased_until'),
    /** When the alarm looks at it again; null: finished. */
    wakeAt: integer('wake_at'),
    /** 1: devices were found dead and the retirement is not confirmed. */
    retires: integer('retires').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** Ordinals of the range that are not of this send: their bits are set from the start, and they are not targeted. */
    outside: integer('outside').notNull().default(0),
    /** How often in a row the alarm brought it back without anything being settled. */
    stalls: integer('stalls').notNull().default(0),
    /** The notification that sends again everybody who failed with the rest; null: nobody asked for that. */
    restReplayedBy: text('rest_replayed_by'),
  },
  (table) => [primaryKey({ columns: [table.notificationId, table.number] })],
)

/** Every recipient that needed more than one attempt or was not accepted. */
export const exception = sqliteTable(
  'exception',
  {
    notificationId: text('notification_id').notNull(),
    ticket: integer('ticket').notNull(),
    ordinal: integer('ordinal').notNull(),
    deviceId: text('device_id').notNull(),
    userId: text('user_id'),
    /** A word of the ledger; `pending` waits for `retry_at`, or was accepted meanwhile: then its bit is set. */
    status: text('status').notNull(),
    reason: text('reason'),
    attempts: integer('attempts').notNull(),
    retryAt: integer('retry_at'),
    /** Epoch ms; set when the device is to be retired as of then. The ticket says whether it still has to be. */
    retireAsOfAt: integer('retire_as_of_at'),
    /** The dead address; set when the device is to be retired. */
    address: text('address'),
    updatedAt: integer('updated_at').notNull(),
    /** JSON of the attempts before the last one, see push/ticket.ts `PastAttempt`; null: there was none. */
    history: text('history'),
    /** The notification that sends it again; null: nobody asked for that. */
    replayedBy: text('replayed_by'),
  },
  (table) => [primaryKey({ columns: [table.notificationId, table.ticket, table.ordinal] })],
)

/**
 * While a shard gives slots away: whose membership changed since the copying began, in the order of the changes. Read
 * together with the member's present row, so an entry says no more than who.
 */
export const change = sqliteTable('change', {
  number: integer('number').primaryKey(),
  platform: text('platform').notNull(),
  slot: integer('slot').notNull(),
  deviceId: text('device_id').notNull(),
})
