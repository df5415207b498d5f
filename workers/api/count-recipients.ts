/** How many recipients a send will have, as well as can be told before it is accepted. */
import type { Audience } from '../../push/notification.ts'
import { recallTopicSize } from './topic-sizes.ts'

/**
 * Of a topic its subscribers a few seconds ago, of dead letters all of them; of users and devices as many as are named,
 * whatever devices they have.
 *
 * @param matters the number from which on the answer makes a difference
 */
export async function countRecipients(
  env: Env,
  appId: string,
  audience: Audience,
  { matters, now }: { readonly matters: number; readonly now: number },
): Promise<number> {
  switch (audience.kind) {
    case 'topic':
      return await recallTopicSize(env, { appId, topic: audience.topic }, matters, now)
    case 'users':
      return audience.userIds.length
    case 'devices':
      return audience.deviceIds.length
    case 'replay':
      return audience.replay.recipients
  }
}
