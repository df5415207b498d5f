/**
 * From the body of POST /v1/notifications to a {@link Send}, or a problem that names the field. Decides what the
 * shape alone cannot: which audience, which instant, whether every push service can carry it. Pure; whether the
 * devices exist is asked elsewhere.
 */
import type { Audience, JsonObject, Message, Send } from '../../push/notification.ts'
import { findOversize } from '../../push/payload-limits.ts'
import type { UnsubscribeOffer } from '../../push/unsubscribe-link.ts'
import { requireTopicName } from './fields.ts'
import { MAX_ORDERED_RECIPIENTS, MAX_TTL_SECONDS, type NotificationBody } from './notification-body.ts'
import { ApiProblem } from './problem.ts'
import { refuseOverrides, refuseReservedDataKeys, refuseUncovered } from './refuse-overrides.ts'
import { refuseUnsupported } from './unsupported.ts'

/** Clocks differ a little: a `send_at` that has just passed means now. */
const MAX_LATE_MS = 60_000
const MAX_AHEAD_MS = 366 * 24 * 3_600_000

/** What the app and the operator have decided that a send depends on. */
export interface SendTerms {
  /** Epoch ms. */
  readonly now: number
  readonly signMessages: boolean
  /** Base of the Fanfare API as the outside reaches it; empty: not known. */
  readonly publicUrl: string
}

export function readSend(body: NotificationBody, terms: SendTerms): Send {
  refuseUnsupported(body)
  const message = readMessage(body, terms)
  const ordered = body.ordered ?? false
  refuseOversize(message, ordered)
  return {
    audience: refuseCrowd(readAudience(body.to), ordered),
    message,
    guarantee: body.guarantee ?? 'at_least_once',
    ordered,
    sendAt: readSendAt(body.send_at, terms.now),
    campaign: body.campaign,
  }
}

function readAudience(to: NotificationBody['to']): Audience {
  const named = Object.values(to).filter((value) => value !== undefined).length
  if (named !== 1) {
    throw new ApiProblem('validation_failed', '/to must have exactly one of topic, users and devices.', {
      param: '/to',
    })
  }
  if (to.topic !== undefined) return { kind: 'topic', topic: requireTopicName(to.topic, '/to/topic') }
  if (to.users !== undefined) return { kind: 'users', userIds: distinct(to.users, '/to/users') }
  return { kind: 'devices', deviceIds: distinct(to.devices ?? [], '/to/devices') }
}

/** For many people in order there are topics: one line for all of them. */
function refuseCrowd(audience: Audience, ordered: boolean): Audience {
  if (!ordered || (audience.kind !== 'users' && audience.kind !== 'devices')) return audience
  const { length } = audience.kind === 'users' ? audience.userIds : audience.deviceIds
  if (length <= MAX_ORDERED_RECIPIENTS) return audience
  const detail =
    `An ordered notification goes to at most ${MAX_ORDERED_RECIPIENTS} ${audience.kind}; these are ${length}. ` +
    'Send it in parts, to a topic, or without ordered.'
  throw new ApiProblem('validation_failed', detail, { param: `/to/${audience.kind}` })
}

/** A list that names somebody twice is a mistake of the sender, and would be two tickets for one person. */
function distinct(ids: readonly string[], param: string): readonly string[] {
  const seen = new Set<string>()
  ids.forEach((id, index) => {
    if (seen.has(id)) {
      throw new ApiProblem('validation_failed', `${id} is listed twice. Name each once.`, {
        param: `${param}/${index}`,
      })
    }
    seen.add(id)
  })
  return ids
}

function readMessage(body: NotificationBody, terms: SendTerms): Message {
  const data = body.data ?? {}
  refuseReservedDataKeys(data, ['data'])
  refuseOverrides(body)
  if (terms.signMessages) refuseUncovered(body)
  return {
    title: body.title,
    body: body.body,
    image: body.image,
    url: body.url,
    data,
    category: body.category,
    priority: body.priority ?? 'normal',
    ttlSeconds: body.ttl_seconds ?? MAX_TTL_SECONDS,
    collapseKey: body.collapse_key,
    badge: body.badge,
    sound: body.sound,
    // Parsed from JSON, so nothing else can be in them.
    fcm: (body.fcm ?? {}) as JsonObject,
    apns: (body.apns ?? {}) as JsonObject,
    webpush: (body.webpush ?? {}) as JsonObject,
    ...(terms.signMessages && { signed: true, unsubscribe: readOffer(body, terms) }),
  }
}

/** Only a topic can be left, and only where the outside can reach us. */
function readOffer({ to }: NotificationBody, { publicUrl }: SendTerms): UnsubscribeOffer | undefined {
  const base = publicUrl.replace(/\/+$/, '')
  return to.topic === undefined || base === '' ? undefined : { topic: to.topic, publicUrl: base }
}

function refuseOversize(message: Message, ordered: boolean): void {
  const oversize = findOversize(message, ordered)
  if (oversize === null) return
  const { service, bytes, limitBytes, overBytes } = oversize
  throw new ApiProblem(
    'payload_too_large',
    `Built for ${service}, the push has ${bytes} bytes; the limit is ${limitBytes}. Shorten it by ${overBytes} bytes.`,
    { param: '' },
  )
}

function readSendAt(text: string | undefined, now: number): number | null {
  if (text === undefined) return null
  const sendAt = Date.parse(text)
  if (sendAt < now - MAX_LATE_MS) throw refuseSendAt('is in the past. Leave it out to send now.')
  if (sendAt > now + MAX_AHEAD_MS) throw refuseSendAt('is more than a year ahead.')
  return sendAt > now ? sendAt : null
}

function refuseSendAt(detail: string): ApiProblem {
  return new ApiProblem('validation_failed', `send_at ${detail}`, { param: '/send_at' })
}
