/**
 * Which lane a ticket travels in. Pure: lanes are named by the bindings of the Worker's queues, and the names go in.
 *
 * A push service has ordinary lanes (`DELIVER_FCM`, `DELIVER_FCM_2`, …) and urgent ones (`DELIVER_URGENT_FCM`,
 * `DELIVER_URGENT_FCM_2`, …), so that the outage of one service fills its own lanes and nobody else's, and a campaign
 * fills ordinary lanes only.
 */
import { PLATFORMS, type Platform } from './device.ts'
import { slotOf } from './slot.ts'

/** The names of the bindings of each push service's lanes, in order. */
export interface LaneNames {
  readonly ordinary: Readonly<Record<Platform, readonly string[]>>
  readonly urgent: Readonly<Record<Platform, readonly string[]>>
}

/** What decides about the lane of a ticket. */
export interface LaneTicket {
  readonly number: number
  readonly platform: Platform
  /** Recipients. */
  readonly size: number
}

/**
 * Tickets of more recipients than this are never urgent: at 100 ms a push and six in flight, 100 of them keep a
 * consumer for under two seconds, which is what a one-time code may wait behind another urgent send.
 */
export const URGENT_TICKET_RECIPIENTS = 100

const LANE = /^DELIVER_(URGENT_)?([A-Z]+)(?:_(\d+))?$/

/** Finds the lanes among the names of a Worker's bindings. The numbers order them, and may have gaps. */
export function findLanes(bindings: readonly string[]): LaneNames {
  const found = bindings.flatMap((name) => {
    const [, urgent, service, number = '1'] = LANE.exec(name) ?? []
    const platform = PLATFORMS.find((known) => known.toUpperCase() === service)
    return platform ? [{ name, platform, urgent: urgent !== undefined, number: Number(number) }] : []
  })
  found.sort((a, b) => a.number - b.number)
  const namesOf = (platform: Platform, urgent: boolean) =>
    found.filter((lane) => lane.platform === platform && lane.urgent === urgent).map(({ name }) => name)
  const each = (urgent: boolean) => ({
    fcm: namesOf('fcm', urgent),
    apns: namesOf('apns', urgent),
    webpush: namesOf('webpush', urgent),
  })
  return { ordinary: each(false), urgent: each(true) }
}

/**
 * The lane of a ticket. The tickets of one ledger are dealt out to the lanes in turn, and where the dealing begins
 * differs from one ledger and notification to the next: many sends of one ticket each fill all lanes alike. The same
 * ticket gets the same lane each time, as long as there are as many.
 *
 * @param send `mayBeUrgent`: sent to users or devices with high priority
 * @throws when the push service has no such lane
 */
export function chooseLane(
  names: LaneNames,
  ticket: LaneTicket,
  send: { readonly ledger: string; readonly notificationId: string; readonly mayBeUrgent: boolean },
): string {
  const { platform, size, number } = ticket
  const urgent = send.mayBeUrgent && size <= URGENT_TICKET_RECIPIENTS
  const lanes = names[urgent ? 'urgent' : 'ordinary'][platform]
  const first = slotOf({ userId: null, deviceId: `${send.ledger} ${send.notificationId}` })
  const lane = lanes[(first + number) % lanes.length]
  if (lane === undefined) throw new Error(`no ${urgent ? 'urgent ' : ''}queue is bound for ${platform}`)
  return lane
}
