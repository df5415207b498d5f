/** Asking the object of a notification, or saying that there is no such notification. */
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isId } from '../../push/ids.ts'
import { appIdOf, type Caller } from './caller.ts'
import { ApiProblem } from './problem.ts'
import { reachesNotification } from './within-limits.ts'

type NotificationStub = ReturnType<typeof notificationNamed>

/**
 * What the notification's object answers. Another app's id names an object of this app that is empty, and what is
 * outside the caller's limits is not there for it.
 *
 * @param ask answers null when the object is empty
 * @throws ApiProblem `not_found`
 */
export async function askNotification<Answer>(
  env: Env,
  caller: Caller,
  id: string,
  ask: (notification: NotificationStub) => Promise<Answer | null>,
): Promise<Answer> {
  const appId = appIdOf(caller)
  const isThere = isId('ntf', id) && (await reachesNotification(env, caller, appId, id))
  const answer = isThere ? await ask(notificationNamed(env, appId, id)) : null
  if (answer !== null) return answer
  throw new ApiProblem('not_found', `There is no notification ${id} in this app.`, { param: 'id' })
}
