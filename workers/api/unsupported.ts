/**
 * The fields of a notification that are part of the contract and whose machinery this version does not have. A
 * value that asks for it is refused, never ignored; a value that asks for nothing is taken. Pure.
 */
import type { NotificationBody } from './notification-body.ts'
import { ApiProblem } from './problem.ts'

interface Unsupported {
  readonly param: string
  readonly asks: (body: NotificationBody) => boolean
  /** What to do instead, as a sentence. */
  readonly instead: string
}

const UNSUPPORTED: readonly Unsupported[] = [
  {
    param: '/to/condition',
    asks: ({ to }) => to.condition !== undefined,
    instead: 'Send to one topic, or once to each topic.',
  },
  {
    param: '/to/segment',
    asks: ({ to }) => to.segment !== undefined,
    instead: 'Subscribe the devices to a topic, or name them in /to/users or /to/devices.',
  },
  {
    param: '/to/audience',
    asks: ({ to }) => to.audience !== undefined,
    instead: 'Subscribe the devices to a topic, or name them in /to/users or /to/devices.',
  },
  {
    param: '/local_time',
    asks: ({ local_time }) => local_time !== undefined,
    instead: 'Use /send_at, with one topic for each time zone.',
  },
  {
    param: '/quiet_hours',
    asks: ({ quiet_hours }) => quiet_hours !== undefined && quiet_hours !== 'ignore',
    instead: 'Leave it out or say "ignore", and choose the time with /send_at.',
  },
  {
    param: '/bypass_caps',
    asks: ({ bypass_caps }) => bypass_caps === true,
    instead: 'Leave it out: there are no frequency caps that could hold the notification back.',
  },
  {
    param: '/dry_run',
    asks: ({ dry_run }) => dry_run === true,
    instead: 'Leave it out, and send to a device of your own.',
  },
  {
    param: '/variants',
    asks: ({ variants }) => variants !== undefined && variants.length > 0,
    instead: 'Send one notification for each variant, each to a topic of its own.',
  },
]

/** @throws ApiProblem `not_supported` that names the field and what to use instead */
export function refuseUnsupported(body: NotificationBody): void {
  const found = UNSUPPORTED.find(({ asks }) => asks(body))
  if (found === undefined) return
  throw new ApiProblem('not_supported', `${found.param} is not supported by this version. ${found.instead}`, {
    param: found.param,
  })
}
