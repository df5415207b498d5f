/** What a device's row becomes when the device registers (again). Pure. */
import type { Address, Platform } from '../../push/device.ts'
import type { JsonObject } from '../../push/notification.ts'
import { slotOf } from '../../push/slot.ts'
import type { DeviceRow } from './device-table.ts'

/** The reason of a device that was retired because nothing was heard of it for too long. */
export const STALE = 'stale'

const ALIVE = { retiredAt: null, retiredReason: null, quarantinedAt: null } as const

/** What a device says about itself. Absent: keep what is stored. Null: clear it. */
export interface DeviceFacts {
  readonly userId?: string | null
  readonly locale?: string | null
  readonly timezone?: string | null
  readonly appVersion?: string | null
  readonly attributes?: JsonObject
}

/** A new address of a device, already parsed. */
export interface NewAddress {
  readonly address: Address
  readonly platform: Platform
  /** See push/address-hash.ts. */
  readonly addressHash: string
}

/** One device that registers, already parsed. */
export interface Registration extends NewAddress, DeviceFacts {}

/** The later registration of the same address wins, field by field. */
export function joinRegistrations(earlier: Registration, later: Registration): Registration {
  const isAnothers = isOfAnother(earlier.userId, later.userId)
  return {
    ...later,
    userId: later.userId === undefined ? earlier.userId : later.userId,
    locale: later.locale === undefined ? earlier.locale : later.locale,
    timezone: later.timezone === undefined ? earlier.timezone : later.timezone,
    appVersion: later.appVersion === undefined ? earlier.appVersion : later.appVersion,
    attributes: later.attributes ?? (isAnothers ? undefined : earlier.attributes),
  }
}

/** The row of a device that was not there before. */
export function newRow(appId: string, id: string, registration: Registration, now: number): DeviceRow {
  const userId = registration.userId ?? null
  return {
    appId,
    id,
    ...addressColumns(registration),
    slot: slotOf({ userId, deviceId: id }),
    oldSlots: null,
    userId,
    locale: registration.locale ?? null,
    timezone: registration.timezone ?? null,
    appVersion: registration.appVersion ?? null,
    attributes: registration.attributes ?? {},
    registeredAt: now,
    updatedAt: now,
    ...ALIVE,
    seenAt: null,
  }
}

/**
 * The row with other facts. The slot follows the user; where the device was is kept until shards have been told.
 */
export function withFacts(row: DeviceRow, facts: DeviceFacts, now: number): DeviceRow {
  const userId = facts.userId === undefined ? row.userId : facts.userId
  const slot = slotOf({ userId, deviceId: row.id })
  return {
    ...row,
    userId,
    slot,
    oldSlots: oldSlotsOf(row, slot),
    locale: facts.locale === undefined ? row.locale : facts.locale,
    timezone: facts.timezone === undefined ? row.timezone : facts.timezone,
    appVersion: facts.appVersion === undefined ? row.appVersion : facts.appVersion,
    attributes: facts.attributes ?? (isOfAnother(row.userId, userId) ? {} : row.attributes),
    updatedAt: Math.max(now, row.updatedAt),
  }
}

/** Whether a device goes from one user to another one: what was said about the first does not go along. */
function isOfAnother(before: string | null | undefined, after: string | null | undefined): boolean {
  return Boolean(before && after && before !== after)
}

function oldSlotsOf({ slot, oldSlots }: DeviceRow, nextSlot: number): readonly number[] | null {
  if (slot === nextSlot) return oldSlots
  return [...(oldSlots ?? []).filter((old) => old !== nextSlot), slot]
}

/** The row after the device said where it is now: alive, whatever a push service said before. */
export function registeredAgain(row: DeviceRow, where: NewAddress, now: number): DeviceRow {
  const registeredAt = Math.max(now, row.registeredAt)
  return { ...row, ...addressColumns(where), registeredAt, ...ALIVE }
}

/** The row after a sign of life that says nothing about its address: what was only a suspicion is over. */
export function seenAgain(row: DeviceRow): DeviceRow {
  return isSuspicion(row) ? { ...row, ...ALIVE } : row
}

/** Whether a device is retired on suspicion: in quarantine, or because nothing was heard of it. */
function isSuspicion({ quarantinedAt, retiredReason }: DeviceRow): boolean {
  return quarantinedAt !== null || retiredReason === STALE
}

function addressColumns(where: NewAddress) {
  const { address, platform, addressHash } = where
  return { platform, addressKind: address.kind, address: address.value, addressHash }
}
