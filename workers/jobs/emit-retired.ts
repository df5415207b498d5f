/** Tells an app's webhooks which devices were retired, many in one event. */
import { emitWebhook } from '../../durable-objects/emit-webhook.ts'
import { chunksOf } from '../../push/chunks.ts'
import type { Platform } from '../../push/device.ts'
import { NAMED_IN_EVENT } from '../../push/webhook-event.ts'

export interface RetiredDevice {
  readonly deviceId: string
  readonly platform: Platform
  readonly reason: string
  /** Epoch ms: as of when it is dead. A device that comes back and dies again is another event. */
  readonly asOfAt: number
}

/** Safe to repeat with the same devices. @param quarantine so many were called dead that it is doubted */
export async function emitRetired(
  env: Env,
  appId: string,
  devices: readonly RetiredDevice[],
  quarantine: boolean,
): Promise<void> {
  const sorted = devices.toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
  for (const part of chunksOf(sorted, NAMED_IN_EVENT)) {
    const key = part.map(({ deviceId, asOfAt }) => `${deviceId}@${asOfAt}`).join()
    const named = part.map(({ deviceId, platform, reason }) => ({ device_id: deviceId, platform, reason }))
    const data = { devices: named, quarantined: quarantine }
    await emitWebhook(env, appId, { type: 'device.retired', at: Date.now(), key, data })
  }
}
