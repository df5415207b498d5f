/** Topic names: FCM's grammar, so that a name means the same thing there and here. Pure. */

/** FCM's topics reference: `[a-zA-Z0-9-_.~%]{1,900}`. */
export const TOPIC_NAME = /^[a-zA-Z0-9\-_.~%]{1,900}$/

export function isTopicName(text: string): boolean {
  return TOPIC_NAME.test(text)
}
