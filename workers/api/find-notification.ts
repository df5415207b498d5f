/** Asking the object of a notification, or saying that there is no such notification. */
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isId } from '../../push/ids.ts'
import { ApiProblem } from './problem.ts'

type NotificationStub = ReturnType<typeof notificationNamed>

/**
 * What the notification's object answers. Another app's id names an object of this app that is empty.
 *
 * @param ask answers null when the object is empty
 * @throws ApiProblem `not_found`
 */
export async function askNotification<Answer>(
  env: Env,
  appId: string,
  id: string,
  ask: (notification: NotificationStub) => Promise<Answer | null>,
): Promise<Answer> {
  const answer = isId('ntf', id) ? await ask(notificationNamed(env, appId, id)) : null
  if (answer !== null) return answer
  throw new ApiProblem('not_found', `There is no notification ${id} in this app.`, { param: 'id' })
}
