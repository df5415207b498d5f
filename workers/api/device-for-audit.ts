/** What the audit log is told of a device that was changed: which facts, and what they are where they are about nobody. Pure. */
import type { Device } from '../../schema/d1/device-table.ts'
import { type DeviceChangeBody, deviceToWire } from './device-body.ts'

/** Addresses open a device, its user and its attributes are about a person: of them only that they were changed. */
const SHOWN = ['locale', 'timezone', 'app_version'] as const

interface Shown {
  readonly before: object
  readonly after: object
}

/** @param body what was asked for */
export function deviceChangeForAudit(body: DeviceChangeBody, before: Device, after: Device): Shown {
  const [was, is] = [deviceToWire(before), deviceToWire(after)]
  const asked = Object.keys(body) as (keyof DeviceChangeBody)[]
  // An address is never answered, so one that was named counts as changed.
  const changed = asked.filter(
    (name) => name === 'token' || name === 'subscription' || JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  )
  const shown = SHOWN.filter((name) => changed.includes(name))
  const partOf = (device: typeof was) => Object.fromEntries(shown.map((name) => [name, device[name]]))
  return { before: partOf(was), after: { changed, ...partOf(is) } }
}
