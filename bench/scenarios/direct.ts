/**
 * One send to a topic, `direct`, against bare loops in a workerd of their own: what the queue, the ledger and the
 * accounting cost on top of the fetches.
 */
import type { Platform } from '../../push/device.ts'
import { makeSecrets } from '../app.ts'
import { makeAudience } from '../audience.ts'
import { bareContestant } from '../bare/contestant.ts'
import type { Contestant } from '../contestant.ts'
import { duel } from '../duel.ts'
import { findingsOfDuel } from '../duel-findings.ts'
import { fanfareContestant } from '../fanfare.ts'
import { startBenchPlatform } from '../platform.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { NAMES } from '../service-names.ts'

/** Everything but the fetches may cost a tenth. */
const TARGET = 0.9

interface Loop {
  readonly preEncrypted: boolean
  readonly target: number | null
}

/** The loop that does the same for each push. */
const SAME_CALLS: Loop = { preEncrypted: false, target: TARGET }
/** What encryption costs, for the record. */
const ENCRYPTED_BEFOREHAND: Loop = { preEncrypted: true, target: null }

function directScenario(service: Platform, loops: readonly Loop[]): Scenario {
  return { name: `direct-${service}`, run: (bench) => runDirect(bench, service, loops) }
}

export const directFcm = directScenario('fcm', [SAME_CALLS])
export const directApns = directScenario('apns', [SAME_CALLS])
export const directWebPush = directScenario('webpush', [SAME_CALLS, ENCRYPTED_BEFOREHAND])

async function runDirect(
  { sizes, simulators, openings, report }: Bench,
  service: Platform,
  loops: readonly Loop[],
): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const vapidPublicKey = secrets.vapid.publicKey
  const options = { platform: service, count: sizes.directDevices, vapidPublicKey, transport: 'http' } as const
  const audience = await makeAudience(simulators.control, options)
  const platform = openings.add(await startBenchPlatform(simulators, secrets, 'direct'))
  report(`registering ${sizes.directDevices} devices`)
  const ours = await fanfareContestant(platform, simulators, service, audience)
  const rivals: Contestant[] = []
  for (const { preEncrypted } of loops) {
    rivals.push(openings.add(await bareContestant(simulators, secrets, { service, audience, preEncrypted })))
  }
  const [ourRuns, ...rivalRuns] = await duel(simulators, [ours, ...rivals], {
    service,
    rounds: sizes.rounds,
    report,
  })
  const measured = `topic of ${sizes.directDevices.toLocaleString('en-US')} ${NAMES[service]} devices, direct`
  return findingsOfDuel(
    measured,
    ourRuns!,
    rivals.map(({ name }, index) => ({ name, runs: rivalRuns[index]!, target: loops[index]!.target })),
  )
}
