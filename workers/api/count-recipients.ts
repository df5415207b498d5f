/** How many recipients a send will have, as well as can be told before it is accepted. */
import type { Audience } from '../../push/notification.ts'
import { countDevicesOfUsers } from '../../schema/d1/devices.ts'
import { databaseOf } from '../../schema/databases.ts'
import { recallTopicSize } from './topic-sizes.ts'

/**
 * More than a send to users can reach: one object of 128 MB holds all their devices when it starts, and a device takes half
 * a kilobyte at the least (developers.cloudflare.com/durable-objects/platform/limits).
 */
const MORE_THAN_USERS_HAVE = 250_000

/**
 * Of a topic its subscribers a few seconds ago, of users the devices that can be reached, of dead letters all of them; of
 * devices as many as are named. Users are not looked up where their devices cannot be as many as matter.
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
      return matters >= MORE_THAN_USERS_HAVE
        ? audience.userIds.length
        : await countDevicesOfUsers(databaseOf(env, appId), appId, audience.userIds, MORE_THAN_USERS_HAVE)
    case 'devices':
      return audience.deviceIds.length
    case 'replay':
      return audience.replay.recipients
  }
}
