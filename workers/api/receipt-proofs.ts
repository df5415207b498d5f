/**
 * Which events of a report count where the app signs its messages: those that come with the signature of the push they
 * are about, made for the device that reports. Everywhere else all of them do.
 */
import { provesReceipt } from '../../push/message-signature.ts'
import { verifyingKeysOf } from '../message-keys.ts'
import { recallApp } from './known-apps.ts'

interface Event {
  readonly notification_id: string
  readonly proof?: string
}

export interface Proven<E extends Event> {
  readonly taken: E[]
  /** Ids of notifications with an event that had no valid proof, each once; null: the app asks for none. */
  readonly refused: string[] | null
}

/** @param device who reports @param now epoch ms */
export async function keepProven<E extends Event>(
  env: Env,
  { appId, deviceId }: { readonly appId: string; readonly deviceId: string },
  events: readonly E[],
  now: number,
): Promise<Proven<E>> {
  const app = await recallApp(env, appId, now)
  if (!app?.settings.signMessages) return { taken: [...events], refused: null }
  const keys = verifyingKeysOf(env, { appId, now })
  // Events of one push come with one proof: it is checked once.
  const checked = new Map<string, Promise<boolean>>()
  const check = ({ notification_id: pushId, proof }: Event) => {
    if (proof === undefined) return false
    const name = `${pushId} ${proof}`
    const known = checked.get(name) ?? provesReceipt(proof, keys, { pushId, deviceId })
    checked.set(name, known)
    return known
  }
  const proven = await Promise.all(events.map(check))
  const refused = events.filter((_, index) => !proven[index]).map(({ notification_id }) => notification_id)
  return { taken: events.filter((_, index) => proven[index]), refused: [...new Set(refused)] }
}
