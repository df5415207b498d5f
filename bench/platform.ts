/** The platform as `npm run dev` starts it, with a fresh state and the app of the benchmarks in it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../dev/api-client.ts'
import { startPlatform } from '../dev/platform.ts'
import { type AppSecrets, makeApp } from './app.ts'
import { listChildren } from './cpu-time.ts'
import { writeLanesConfig } from './lanes-config.ts'
import type { BenchSimulators } from './simulators.ts'

export type WayOut = 'direct' | 'egress'

export interface BenchPlatform {
  readonly api: ApiClient
  /** The processes that it consists of: workerd, and the egress if there is one. */
  readonly pids: readonly number[]
  close(): Promise<void>
}

/** @param options `lanes`: ordinary queues a push service */
export async function startBenchPlatform(
  simulators: BenchSimulators,
  secrets: AppSecrets,
  wayOut: WayOut,
  { lanes = 1 }: { readonly lanes?: number } = {},
): Promise<BenchPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'fanfare-bench-'))
  const others = new Set(listChildren())
  const platform = await startPlatform({
    persistTo: directory,
    configFile: await writeLanesConfig(directory, lanes),
    vars: varsFor(simulators, wayOut),
    caFile: simulators.addresses.caFile,
  })
  const pids = listChildren().filter((pid) => !others.has(pid))
  const key = await makeApp(apiClient(platform.url, platform.rootKey), simulators.control, secrets)
  return {
    api: apiClient(platform.url, key),
    pids,
    close: async () => {
      await platform.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Plain HTTP/1.1 when the Worker pushes itself, because workerd speaks nothing else; HTTP/2 through the egress. */
export function varsFor({ addresses }: BenchSimulators, wayOut: WayOut): Record<string, string> {
  const { fcm, apns, webpush } = addresses
  const direct = wayOut === 'direct'
  const apnsUrl = direct ? apns.httpUrl : apns.url
  return {
    FCM_URL: direct ? fcm.url : fcm.http2Url,
    GOOGLE_TOKEN_URL: fcm.tokenUrl,
    APNS_URL: apnsUrl,
    APNS_SANDBOX_URL: apnsUrl,
    WEBPUSH_ALLOWED_HOSTS: [webpush.url, webpush.httpsUrl].map((url) => new URL(url).host).join(','),
    // Pacing is on and is not what limits: these figures are about us, not about Google's quota.
    FCM_MESSAGES_PER_MINUTE: '60000000',
    ...(direct && { EGRESS_URL: '' }),
  }
}
