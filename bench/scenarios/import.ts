/** How fast devices come in: registered and subscribed to a topic through the API, 10,000 a call. */
import { makeSecrets } from '../app.ts'
import { importBodies, importBody, makeAudience } from '../audience.ts'
import { startBenchPlatform } from '../platform.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'

const TOPIC = 'everybody'

export const importDevices: Scenario = { name: 'import', run: measureImport }

async function measureImport({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const options = { platform: 'fcm', count: sizes.imports, vapidPublicKey: '', transport: 'http' } as const
  const bodies = importBodies('fcm', TOPIC, await makeAudience(simulators.control, options))
  const { api } = openings.add(await startBenchPlatform(simulators, secrets, 'direct'))
  const callMs: number[] = []
  for (const body of bodies) {
    const startedAt = performance.now()
    await importBody(api, body)
    callMs.push(Math.round(performance.now() - startedAt))
    report(`call ${callMs.length} of ${bodies.length}: ${callMs.at(-1)} ms`)
  }
  await expectSubscribers(api, sizes.imports)
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

async function expectSubscribers(api: { get<T>(path: string): Promise<T> }, count: number): Promise<void> {
  const { subscribers } = await api.get<{ subscribers: number }>(`/v1/topics/${TOPIC}`)
  if (subscribers !== count) throw new Error(`${count} devices were imported; the topic has ${subscribers}`)
}
