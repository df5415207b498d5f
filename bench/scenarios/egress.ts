/**
 * One send to a topic through the egress, against the client libraries that a backend would otherwise use, to the
 * same simulator over TLS.
 */
import type { Platform } from '../../push/device.ts'
import { type AppSecrets, makeApnsKey, makeSecrets } from '../app.ts'
import { type DeviceAddress, makeAudience, subscriptionsOf, tokensOf } from '../audience.ts'
import type { Contestant } from '../contestant.ts'
import { duel } from '../duel.ts'
import { findingsOfDuel } from '../duel-findings.ts'
import { fanfareContestant } from '../fanfare.ts'
import { startBenchPlatform } from '../platform.ts'
import { rivalContestant } from '../rivals/contestant.ts'
import type { FirebaseOptions } from '../rivals/firebase-admin.ts'
import type { NodeApnOptions } from '../rivals/node-apn.ts'
import type { WebPushOptions } from '../rivals/web-push.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { NAMES } from '../service-names.ts'
import type { BenchSimulators } from '../simulators.ts'

type StartRival = (place: {
  simulators: BenchSimulators
  secrets: AppSecrets
  audience: readonly DeviceAddress[]
}) => Promise<Contestant>

interface Opponent {
  readonly start: StartRival
  readonly target: number | null
}

export const egressFcm = egressScenario('fcm', [
  { start: (place) => startFirebase('firebase-admin', false, place), target: 1.5 },
  { start: (place) => startFirebase('firebase-admin, legacy transport', true, place), target: null },
])
export const egressApns = egressScenario('apns', [{ start: startNodeApn, target: 1.2 }])
export const egressWebPush = egressScenario('webpush', [{ start: startWebPush, target: 2 }])

function egressScenario(service: Platform, opponents: readonly Opponent[]): Scenario {
  return { name: `egress-${service}`, run: (bench) => runEgress(bench, service, opponents) }
}

async function runEgress(
  { sizes, simulators, openings, report }: Bench,
  service: Platform,
  opponents: readonly Opponent[],
): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const vapidPublicKey = secrets.vapid.publicKey
  const options = { platform: service, count: sizes.devices, vapidPublicKey, transport: 'https' } as const
  const audience = await makeAudience(simulators.control, options)
  const platform = openings.add(await startBenchPlatform(simulators, secrets, 'egress'))
  report(`registering ${sizes.devices} devices`)
  const ours = await fanfareContestant(platform, simulators, service, audience)
  const rivals: Contestant[] = []
  for (const { start } of opponents) rivals.push(openings.add(await start({ simulators, secrets, audience })))
  const [ourRuns, ...rivalRuns] = await duel(simulators, [ours, ...rivals], {
    service,
    rounds: sizes.rounds,
    report,
  })
  const measured = `topic of ${sizes.devices.toLocaleString('en-US')} ${NAMES[service]} devices, egress`
  return findingsOfDuel(
    measured,
    ourRuns!,
    rivals.map(({ name }, index) => ({ name, runs: rivalRuns[index]!, target: opponents[index]!.target })),
  )
}

function startFirebase(
  name: string,
  legacyTransport: boolean,
  { simulators, secrets, audience }: Parameters<StartRival>[0],
): Promise<Contestant> {
  const { caPem, fcm } = simulators.addresses
  const tokens = tokensOf(audience)
  const { serviceAccount } = secrets
  const options = { serviceAccount, tokens, port: portOf(fcm.http2Url), ca: caPem, legacyTransport }
  return rivalContestant<FirebaseOptions>(name, 'firebase-admin.ts', options, tokens.length)
}

async function startNodeApn({ simulators, audience }: Parameters<StartRival>[0]): Promise<Contestant> {
  const { caPem, apns } = simulators.addresses
  const tokens = tokensOf(audience)
  const key = await makeApnsKey(simulators.control)
  const options = { key, tokens, port: portOf(apns.url), ca: caPem }
  return rivalContestant<NodeApnOptions>('@parse/node-apn', 'node-apn.ts', options, tokens.length)
}

function startWebPush({ simulators, secrets, audience }: Parameters<StartRival>[0]): Promise<Contestant> {
  const subscriptions = subscriptionsOf(audience)
  const options = { vapid: secrets.vapid, subscriptions, ca: simulators.addresses.caPem }
  return rivalContestant<WebPushOptions>('web-push', 'web-push.ts', options, subscriptions.length)
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
