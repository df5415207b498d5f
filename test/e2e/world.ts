/**
 * Everything the stories need besides a browser: simulators, platform, one app with Web Push, the example page.
 * Sequences only.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../dev/api-client.ts'
import type { Openings } from '../../dev/command.ts'
import { startPlatform } from '../../dev/platform.ts'
import { startExample } from '../../dev/serve-example.ts'
import { startSimulators } from '../../sim/start.ts'
import { makeApp, type VapidKeys } from './app.ts'

/** Where the platform believes that it is, as behind a proxy; nothing answers there. */
const PUBLIC_URL = 'https://push.fanfare.example'

/** The two ways that a push leaves the platform. */
export type WayOut = 'egress' | 'direct'

export interface World {
  readonly apiUrl: string
  readonly exampleUrl: string
  /** Where the Web Push simulator speaks Mozilla's protocol. */
  readonly socketUrl: string
  /** Calls the control API of the simulators. */
  readonly simulators: ApiClient
  /** Calls the API as the app's backend. */
  readonly backend: ApiClient
  /** Calls the API with the root key. */
  readonly operator: ApiClient
  /** Calls the API with another bearer. */
  clientOf(bearer: string): ApiClient
  /** The key pair that the app's PushSubscriptions are bound to. */
  readonly vapid: VapidKeys
}

/** @param openings is told at once of everything that was started, and closes it */
export async function openWorld(wayOut: WayOut, openings: Openings): Promise<World> {
  const simulators = openings.add(await startSimulators())
  const persistTo = await mkdtemp(join(tmpdir(), 'fanfare-e2e-'))
  openings.add({ close: () => rm(persistTo, { recursive: true, force: true }) })
  const vars = { PUBLIC_URL, WEBPUSH_ALLOWED_HOSTS: new URL(simulators.webpush.url).host }
  const platform = openings.add(
    await startPlatform({
      persistTo,
      // An empty EGRESS_URL keeps the platform from starting an egress.
      vars: wayOut === 'direct' ? { ...vars, EGRESS_URL: '' } : vars,
      caFile: simulators.caFile,
    }),
  )
  const clientOf = (bearer: string) => apiClient(platform.url, bearer)
  const operator = clientOf(platform.rootKey)
  const { vapid, ...app } = await makeApp(operator, 'Browsers')
  const example = openings.add(
    await startExample({
      apiUrl: platform.url,
      publishableKey: app.client,
      vapidPublicKey: vapid.publicKey,
      senderKey: app.sender,
    }),
  )
  return {
    apiUrl: platform.url,
    exampleUrl: example.url,
    socketUrl: simulators.webpush.socketUrl,
    simulators: apiClient(simulators.controlUrl, null),
    backend: clientOf(app.sender),
    operator,
    clientOf,
    vapid,
  }
}
