/**
 * Opening a fan-out: its row, and the tickets cut from today's members, one bounded step at a time. Called by ledger.ts
 * inside its transaction; enqueues nothing.
 */
import { PLATFORMS } from '../push/device.ts'
import type { Message } from '../push/notification.ts'
import { SLOT_COUNT } from '../push/slot.ts'
import { newTicket, settleRest, TICKET_RECIPIENTS } from '../push/ticket.ts'
import type { CutAfter, Fanout } from '../schema/ledger/fanouts.ts'
import { type Cut, cutMembers } from '../schema/ledger/members.ts'
import { putTicket } from '../schema/ledger/tickets.ts'
import type { FanoutOrder, OpenStep } from './rpc.ts'

/**
 * Members cut into tickets in one step: 100 tickets, which is what one `sendBatch` takes, and about 50 ms of
 * reading, so that opening a large shard never blocks its other callers for long.
 */
const OPEN_STEP_MEMBERS = 100 * TICKET_RECIPIENTS

/** A fan-out before its first step. @param openedSeq which fan-out of this ledger it is, see schema/ledger/tables.ts */
export function openingFanout(order: FanoutOrder, openedSeq: number, now: number): Fanout {
  const { platforms: _platforms, byTurn: _byTurn, ...asked } = order
  const cutAfter = { platform: PLATFORMS[0], slot: order.fromSlot, deviceId: '' }
  return { ...asked, openedSeq, openedAt: now, state: 'opening', cutAfter, ticketCount: 0, canceledAt: null }
}

/** A fan-out that was canceled before it was opened: it is over, and an order that still arrives finds it so. */
export function closedFanout(notificationId: string, appId: string, now: number): Fanout {
  const message: Message = { data: {}, priority: 'normal', ttlSeconds: 0, fcm: {}, apns: {}, webpush: {} }
  const terms = { message, guarantee: 'at_least_once', expiresAt: now, platforms: [], byTurn: false } as const
  const range = { fromSlot: 0, toSlot: SLOT_COUNT }
  const order = {
    notificationId,
    appId,
    ...terms,
    ...range,
    pushId: notificationId,
    pushSequence: null,
    replayOf: null,
  }
  return { ...openingFanout(order, NEVER_OPENED, now), state: 'reported', cutAfter: null, canceledAt: now }
}

/** Below every sequence: no member was there. */
const NEVER_OPENED = -1

/**
 * Cuts one step. The tickets answered have to be enqueued; those of unreachable platforms are settled already. Tickets
 * that wait for their turn cover one slot each, and sleep until they are let go or have expired.
 */
export function cutStep(
  sql: SqlStorage,
  fanout: Fanout,
  { platforms, byTurn }: Pick<FanoutOrder, 'platforms' | 'byTurn'>,
  how: { readonly now: number; readonly leaseMs: number },
): { readonly fanout: Fanout; readonly tickets: OpenStep['tickets'] } {
  const cuts: Cut[] = []
  const after = cutNext(sql, fanout, byTurn, (cut) => cuts.push(cut))
  let from = fanout.cutAfter as CutAfter
  const tickets: OpenStep['tickets'] = []
  for (const [index, cut] of cuts.entries()) {
    if (cut.platform !== from.platform) from = { platform: cut.platform, slot: fanout.fromSlot, deviceId: '' }
    const fresh = newTicket(cut.size, byTurn ? fanout.expiresAt : how.now + how.leaseMs)
    const reachable = platforms.includes(cut.platform)
    const number = fanout.ticketCount + index
    putTicket(sql, {
      ...(reachable ? fresh : settleRest(fresh, 'failed', 'no_credentials')),
      notificationId: fanout.notificationId,
      number,
      platform: cut.platform,
      fromSlot: from.slot,
      fromDevice: from.deviceId,
      toSlot: cut.slot,
      toDevice: cut.deviceId,
      updatedAt: how.now,
    })
    if (reachable) tickets.push({ number, platform: cut.platform, size: cut.size })
    from = cut
  }
  const state = after === null ? 'sending' : 'opening'
  return { fanout: { ...fanout, ticketCount: fanout.ticketCount + cuts.length, cutAfter: after, state }, tickets }
}

/** Cuts platform after platform. Answers where to go on, or null at the end. */
function cutNext(sql: SqlStorage, fanout: Fanout, bySlot: boolean, onCut: (cut: Cut) => void): CutAfter | null {
  let after = fanout.cutAfter as CutAfter
  let left = OPEN_STEP_MEMBERS
  for (const platform of PLATFORMS.slice(PLATFORMS.indexOf(after.platform))) {
    if (platform !== after.platform) after = { platform, slot: fanout.fromSlot, deviceId: '' }
    const from = { ...after, openedSeq: fanout.openedSeq, toSlot: fanout.toSlot, bySlot }
    const ended = cutMembers(sql, from, TICKET_RECIPIENTS, left, (cut) => {
      left -= cut.size
      after = cut
      onCut(cut)
    })
    if (!ended) return { platform, slot: after.slot, deviceId: after.deviceId }
  }
  return null
}
