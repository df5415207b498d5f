/**
 * How many subscribers topics have, as an isolate saw them lately: for decisions about a send that must not cost every
 * send a call. Whoever asks for the number itself gets it read anew (topics.ts).
 */
import { readTopic } from '../../durable-objects/topic-members.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'

/** How long the size of a topic is good, */
const SIZE_MS = 5_000
/** and of one that is far too small to make a difference: below this part of the size that does. */
const SMALL = { part: 1 / 100, lifeMs: 60_000 }

interface Size {
  readonly subscribers: number
  /** Epoch ms. */
  readonly readAt: number
}

const sizes = new ExpiringMap<Size>({ lifeMs: SMALL.lifeMs, most: 10_000 })

/**
 * The subscribers of a topic, a few seconds ago.
 *
 * @param matters the number from which on the answer makes a difference
 */
export async function recallTopicSize(
  env: Env,
  { appId, topic }: { readonly appId: string; readonly topic: string },
  matters: number,
  now: number,
): Promise<number> {
  const name = `${appId}/${topic}`
  const kept = sizes.get(name, now)
  const isSmall = kept !== undefined && kept.subscribers < Math.floor(matters * SMALL.part)
  if (kept !== undefined && (isSmall || now - kept.readAt < SIZE_MS)) return kept.subscribers
  const { subscribers } = await readTopic(env, appId, topic)
  sizes.set(name, { subscribers, readAt: now }, now)
  return subscribers
}
