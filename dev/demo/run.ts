/**
 * The demo from the first device to the verdict, with what is shown on the way. Sequences only.
 */
import type { ApiClient } from '../api-client.ts'
import { openScreen } from '../screen.ts'
import { faultRules } from './faults.ts'
import { renderLedger } from './ledger-table.ts'
import { countMix } from './mix.ts'
import { countOf } from './names.ts'
import { renderBars, renderLine, renderRegistration } from './progress.ts'
import { registerDevices } from './register.ts'
import { type Snapshot, sendAndWatch } from './send.ts'
import { judge } from './verdict.ts'

export const DEMO_TOPIC = 'news'

export interface DemoPlace {
  /** The platform with the app's admin key. */
  readonly api: ApiClient
  /** The simulators' control API. */
  readonly control: ApiClient
  readonly vapidPublicKey: string
}

/** @returns whether every delivery is accounted for, and the notification */
export async function runDemo(devices: number, place: DemoPlace): Promise<{ ok: boolean; notificationId: string }> {
  const mix = countMix(devices)
  for (const rule of faultRules(mix)) await place.control.post('/faults', rule)

  console.log(`\nRegistering ${countOf(devices, 'device')} and subscribing them to the topic "${DEMO_TOPIC}":`)
  await register(devices, place)

  console.log(`\nSending one notification to the topic "${DEMO_TOPIC}":`)
  const last = await send(place)

  console.log(`\nThe ledger of ${last.ledger.id}:\n\n${renderLedger(last.ledger).join('\n')}\n`)
  const { ok, sentences } = judge(last, devices, mix)
  console.log(sentences.map((sentence) => `  ${sentence}`).join('\n'))
  return { ok, notificationId: last.ledger.id }
}

async function register(devices: number, place: DemoPlace): Promise<void> {
  const screen = openScreen()
  const startedAt = performance.now()
  await registerDevices(devices, DEMO_TOPIC, {
    ...place,
    onProgress: (registered) => {
      const line = renderRegistration(registered, devices, performance.now() - startedAt)
      screen.show({ lines: [line], line })
    },
  })
  screen.finish()
}

async function send({ api, control }: DemoPlace): Promise<Snapshot> {
  const screen = openScreen()
  const snapshots: Snapshot[] = []
  for await (const snapshot of sendAndWatch(api, control, DEMO_TOPIC)) {
    snapshots.push(snapshot)
    screen.show({ lines: renderBars(snapshots), line: renderLine(snapshots) })
  }
  screen.finish()
  return snapshots.at(-1)!
}
