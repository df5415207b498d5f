/**
 * FCM's own topics, as far as senders manage them: who is subscribed to what. Holds it and nothing else; a send to a
 * topic is recorded in the inbox under `/topics/{name}`, once, as FCM answers it once.
 */
export class TopicSubscriptions {
  readonly #byTopic = new Map<string, Set<string>>()

  /** Returns false when the device was subscribed already. */
  add(topic: string, registrationToken: string): boolean {
    let subscribers = this.#byTopic.get(topic)
    if (subscribers === undefined) {
      subscribers = new Set()
      this.#byTopic.set(topic, subscribers)
    }
    const isNew = !subscribers.has(registrationToken)
    subscribers.add(registrationToken)
    return isNew
  }

  /** Returns false when the device was not subscribed. */
  remove(topic: string, registrationToken: string): boolean {
    return this.#byTopic.get(topic)?.delete(registrationToken) ?? false
  }
}
