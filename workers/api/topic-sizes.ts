/**
 * How many subscribers topics have, as an isolate saw them lately: for decisions about a send that must not cost every
 * send a call. Whoever asks for the number itself gets it read anew (topics.ts).
 */
import { readTopic } from '../../durable-objects/topic-members.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'

/** How long the size of a topic is good, */
const SIZE_MS = 5_000
/**
 * and of one that cannot grow to the size that makes a difference meanwhile: an import subscribes fewer than six thousand
 * devices a second (bench/README.md), clients take longer; this is ten thousand.
 */
const FAR = { lifeMs: 60_000, growth: 600_000 }

interface Size {
  readonly subscribers: number
  /** Epoch ms. */
  readonly readAt: number
}

const sizes = new ExpiringMap<Size>({ lifeMs: FAR.lifeMs, most: 10_000 })

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
  const isFar = kept !== undefined && kept.subscribers + FAR.growth < matters
  if (kept !== undefined && (isFar || now - kept.readAt < SIZE_MS)) return kept.subscribers
  const { subscribers } = await readTopic(env, appId, topic)
  sizes.set(name, { subscribers, readAt: now }, now)
  return subscribers
}
