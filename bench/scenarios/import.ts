/** How fast devices come in: registered and subscribed to a topic through the API, 10,000 a call. */
import { makeSecrets } from '../app.ts'
import { fcmDevices, importBodies, importBody, makeAudience } from '../audience.ts'
import { startBenchPlatform } from '../platform.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'
import { expectSubscribers } from '../topic.ts'

const TOPIC = 'everybody'

export const importDevices: Scenario = { name: 'import', run: measureImport }

async function measureImport({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const bodies = importBodies('fcm', TOPIC, await makeAudience(simulators.control, fcmDevices(sizes.imports)))
  const { api } = openings.add(await startBenchPlatform(simulators, secrets, 'direct'))
  const callMs: number[] = []
  for (const body of bodies) {
    const startedAt = performance.now()
    await importBody(api, body)
    callMs.push(Math.round(performance.now() - startedAt))
    report(`call ${callMs.length} of ${bodies.length}: ${callMs.at(-1)} ms`)
  }
  await expectSubscribers(api, TOPIC, sizes.imports)
  const perSecond = Math.round((sizes.imports * 1000) / callMs.reduce((sum, ms) => sum + ms, 0))
  const row: Row = {
    measured: `import of ${sizes.imports.toLocaleString('en-US')} devices with a topic, ${bodies.length} calls`,
    fanfare: `${perSecond.toLocaleString('en-US')} devices/s`,
    comparedWith: '',
    ratio: '',
    target: 'for the record',
    met: null,
  }
  return { rows: [row], details: { unit: 'devices per second', perSecond, callMs } }
}
