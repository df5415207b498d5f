/** One question to a Throttle, which may not answer. */
import { type CredentialName, takePushes } from '../../durable-objects/throttle.ts'
import type { ThrottleAnswer, ThrottleAsk } from '../../push/throttle.ts'

/** A Throttle that has not answered by then is as good as gone: tickets wait for it. */
const DEADLINE_MS = 2_000

/** Null, and a line in the log: it cannot be reached. Whether it was told is then unknown. */
export async function askThrottle(
  env: Env,
  credential: CredentialName,
  ask: ThrottleAsk,
): Promise<ThrottleAnswer | null> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([takePushes(env, credential, ask), late])
  } catch (error) {
    console.warn('a Throttle cannot be reached; pushes go on slowly', { ...credential, error: String(error) })
    return null
  } finally {
    clearTimeout(timer)
  }
}
