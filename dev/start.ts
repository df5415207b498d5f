/**
 * `npm start`: the whole of Fanfare on this machine with simulated push services, and one send to a topic of demo
 * devices, watched until every delivery is accounted for. Puts the parts together; demo/ has the play.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimulatorOptions } from '../sim/start.ts'
import { apiClient } from './api-client.ts'
import { startChild } from './child.ts'
import { endOnSignals, fail, Openings, readFlags } from './command.ts'
import { describeAddresses } from './demo/addresses.ts'
import { makeApp } from './demo/app.ts'
import { runDemo } from './demo/run.ts'
import { demoVars } from './demo/vars.ts'
import { DEFAULT_PORT, parseStartFlags } from './flags.ts'
import { startPlatform } from './platform.ts'
import { preferredPort } from './preferred-port.ts'
import { EXAMPLE_PORT, startExample } from './serve-example.ts'
import type { SimulatorAddresses } from './simulators-child.ts'

const USAGE = `Usage: npm start -- [flags]

  --devices N   how many demo devices the send goes to (10000)
  --exit        end after the ledger; the exit code is 0 only if every delivery is accounted for`

/** The demo of many devices is about numbers; payloads are kept while they are few. */
const MOST_DEVICES_WITH_PAYLOADS = 20_000

const LOOPBACK = '127.0.0.1'

const flags = readFlags(parseStartFlags, USAGE)
const openings = new Openings()
let done = false
endOnSignals(openings, () => (done ? 0 : 130))

try {
  const ok = await start()
  done = true
  if (flags.exit) {
    await openings.close()
    process.exit(ok ? 0 : 1)
  }
} catch (error) {
  await openings.close()
  fail(error)
}

async function start(): Promise<boolean> {
  console.log('Starting the simulators of FCM, APNs and Web Push, and the platform…')
  const simulators = openings.add(await startSimulators())
  const { directory } = openings.add(await makeStateDirectory())
  const platform = openings.add(
    await startPlatform({
      port: await preferredPort(DEFAULT_PORT, LOOPBACK),
      persistTo: directory,
      vars: demoVars(simulators.ready),
      caFile: simulators.ready.caFile,
    }),
  )
  console.log(`Fanfare is at ${platform.url}.`)

  const control = apiClient(simulators.ready.controlUrl, null)
  const app = await makeApp(apiClient(platform.url, platform.rootKey), control)
  const api = apiClient(platform.url, app.adminKey)
  const { ok, notificationId } = await runDemo(flags.devices, { api, control, vapidPublicKey: app.vapidPublicKey })
  if (flags.exit) return ok

  const example = openings.add(
    await startExample({
      apiUrl: platform.url,
      publishableKey: app.clientKey,
      vapidPublicKey: app.vapidPublicKey,
      senderKey: app.senderKey,
      pushSocketUrl: simulators.ready.webpush.socketUrl,
      port: await preferredPort(EXAMPLE_PORT, LOOPBACK),
    }),
  )
  console.log(`\n${describeAddresses(platform, simulators.ready, app, { exampleUrl: example.url, notificationId })}`)
  return ok
}

function startSimulators() {
  const options: SimulatorOptions = { inbox: flags.devices <= MOST_DEVICES_WITH_PAYLOADS ? 'full' : 'counts' }
  const module = join(import.meta.dirname, 'simulators-child.ts')
  return startChild<SimulatorOptions, SimulatorAddresses>(module, options, { onLost: fail })
}

/** A fresh state for every demo, gone when it ends. */
async function makeStateDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'fanfare-demo-'))
  return { directory, close: () => rm(directory, { recursive: true, force: true }) }
}
