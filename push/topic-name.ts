/** Topic names: FCM's grammar, so that a name means the same thing there and here. Pure. */

/**
 * FCM's topics reference: `[a-zA-Z0-9-_.~%]{1,900}`. But for `.` and `..`: in the path of a URL they are steps, not
 * names, also when they are percent-encoded (URL Standard §4.1), and `DELETE /v1/topics/../devices/{id}` is
 * `DELETE /v1/devices/{id}` before it leaves the client.
 */
export const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9\-_.~%]{1,900}$/

/** The beginning of a topic name, or a whole one, as a pattern (name-pattern.ts) may have it. */
export const TOPIC_PATTERN = /^(?:[a-zA-Z0-9\-_.~%]{1,900}\*?|\*)$/

export function isTopicName(text: string): boolean {
  return TOPIC_NAME.test(text)
}
