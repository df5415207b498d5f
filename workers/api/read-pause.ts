/** Whether sending with a credential is paused, as its Throttle knows. One call; never on the path of a send. */
import { type CredentialName, readThrottle } from '../../durable-objects/throttle.ts'
import { PLATFORMS, type Platform } from '../../push/device.ts'
import type { LedgerCounts } from '../../push/ledger.ts'

export interface Pause {
  /** The push service's own word. */
  readonly reason: string
  /** Epoch ms. */
  readonly since: number
}

export interface PlatformPause extends Pause {
  readonly platform: Platform
}

/** Null: it is not paused. An outage of the service is no pause: it is nothing that the tenant could mend. */
export async function readPause(env: Env, credential: CredentialName): Promise<Pause | null> {
  try {
    const { held } = await readThrottle(env, credential)
    return held?.cause === 'misconfigured' ? { reason: held.reason, since: held.since } : null
  } catch (error) {
    // What was asked for is known; only this is missing.
    console.warn('a Throttle does not say whether its credential is paused', { ...credential, error: String(error) })
    return null
  }
}

/** The platforms of a notification whose recipients wait because of a pause. Asks nobody when nobody is pending. */
export async function readPauses(
  env: Env,
  appId: string,
  byPlatform: Partial<Record<Platform, LedgerCounts>>,
): Promise<PlatformPause[]> {
  const waiting = PLATFORMS.filter((platform) => (byPlatform[platform]?.pending ?? 0) > 0)
  const pauses = await Promise.all(waiting.map((platform) => readPause(env, { appId, platform })))
  return waiting.flatMap((platform, index) => {
    const pause = pauses[index]
    return pause ? [{ platform, ...pause }] : []
  })
}
