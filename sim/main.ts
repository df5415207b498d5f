/**
 * `npm run sim`: starts the simulators on fixed ports, says where they are and how to use them, and runs until it is
 * interrupted.
 */
import { parseArgs } from 'node:util'
import { describeSimulators } from './describe.ts'
import { type PortName, type Ports, type Simulators, startSimulators } from './start.ts'

const DEFAULT_PORTS: Readonly<Record<PortName, number>> = {
  control: 8800,
  fcm: 8801,
  fcmHttp2: 8802,
  apns: 8811,
  apnsHttp: 8812,
  webpush: 8821,
  webpushHttps: 8822,
}

const USAGE = `Usage: npm run sim -- [options]

  --port-control N   --port-fcm N      --port-fcm-http2 N
  --port-apns N      --port-apns-http N
  --port-webpush N   --port-webpush-https N      (0: any free port)
  --latency MS       how long each answer takes (default 0)
  --counts           keep numbers only, no payloads: for load tests
`

interface Options {
  readonly ports: Ports
  readonly latencyMs: number
  readonly inbox: 'full' | 'counts'
}

/** @throws when an option is unknown or not a number */
function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'port-control': { type: 'string' },
      'port-fcm': { type: 'string' },
      'port-fcm-http2': { type: 'string' },
      'port-apns': { type: 'string' },
      'port-apns-http': { type: 'string' },
      'port-webpush': { type: 'string' },
      'port-webpush-https': { type: 'string' },
      latency: { type: 'string', default: '0' },
      counts: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const port = (name: PortName, given: string | undefined) =>
    given === undefined ? DEFAULT_PORTS[name] : parseWhole(given, 65_535)
  return {
    ports: {
      control: port('control', values['port-control']),
      fcm: port('fcm', values['port-fcm']),
      fcmHttp2: port('fcmHttp2', values['port-fcm-http2']),
      apns: port('apns', values['port-apns']),
      apnsHttp: port('apnsHttp', values['port-apns-http']),
      webpush: port('webpush', values['port-webpush']),
      webpushHttps: port('webpushHttps', values['port-webpush-https']),
    },
    latencyMs: parseWhole(values.latency, 600_000),
    inbox: values.counts ? 'counts' : 'full',
  }
}

function parseWhole(text: string, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max) return value
  throw new Error(`"${text}" is not a whole number from 0 to ${max}`)
}

/** Ends the process after the first SIGINT or SIGTERM; a second one ends it at once, as without us. */
function closeOnSignal(simulators: Simulators): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      simulators.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
}

function fail(error: unknown): void {
  console.error(`simulators: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(USAGE)
    return
  }
  const simulators = await startSimulators(options)
  closeOnSignal(simulators)
  console.log(describeSimulators(simulators))
}

main().catch(fail)
