/**
 * Push types and the topics that go with them. A table and the one question asked of it.
 *
 * Source: Apple, "Sending notification requests to APNs", table of `apns-push-type`.
 */
import type { Reason } from './reasons.ts'

/** What a push type appends to the bundle id; null: the topic is not a bundle id at all. */
const TOPIC_SUFFIXES: Readonly<Record<string, string | null>> = {
  alert: '',
  background: '',
  complication: '.complication',
  controls: '.push-type.controls',
  fileprovider: '.pushkit.fileprovider',
  liveactivity: '.push-type.liveactivity',
  location: '.location-query',
  mdm: null,
  pushtotalk: '.voip-ptt',
  voip: '.voip',
  widgets: '.push-type.widgets',
}

const SUFFIXES = Object.values(TOPIC_SUFFIXES).filter((suffix): suffix is string => suffix !== null && suffix !== '')

/** Whether Apple lists such a push type. */
export function isPushType(value: string): boolean {
  return Object.hasOwn(TOPIC_SUFFIXES, value)
}

/** The bundle id that a topic is about, or why the topic does not go with the push type. */
export type TopicReading =
  | { readonly bundleId: string; readonly reason: null }
  | { readonly bundleId: null; readonly reason: Reason }

/**
 * Takes the bundle id out of a topic.
 *
 * The two refusals are those seen in the field: a push type without the suffix it needs is answered
 * `DeviceTokenNotForTopic` (laravel-notification-channels/apn#88), a suffix of another push type `InvalidPushType`
 * (Pr0Ger/PyAPNs2#87, AndrewBarba/apns2#23).
 *
 * @param pushType one that {@link isPushType} knows; undefined when the sender named none, which Apple still allows
 */
export function readTopic(topic: string, pushType: string | undefined): TopicReading {
  if (pushType !== undefined && TOPIC_SUFFIXES[pushType] === null) return { bundleId: topic, reason: null }
  const found = SUFFIXES.find((suffix) => topic.endsWith(suffix)) ?? ''
  if (pushType !== undefined && TOPIC_SUFFIXES[pushType] !== found) {
    return { bundleId: null, reason: found === '' ? 'DeviceTokenNotForTopic' : 'InvalidPushType' }
  }
  return { bundleId: topic.slice(0, topic.length - found.length), reason: null }
}
