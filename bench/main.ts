/**
 * `npm run bench`: runs the benchmarks one after the other, prints one table, keeps the results. A target that is
 * missed is marked, not an error. Puts the parts together; scenarios/ has what is measured.
 */
import { endOnSignals, fail, Openings, readFlags } from '../dev/command.ts'
import { parseBenchFlags } from './flags.ts'
import { readMachine } from './machine.ts'
import { type Result, writeReadme, writeResult } from './results.ts'
import type { Scenario } from './scenario.ts'
import { acceptLatency } from './scenarios/accept-latency.ts'
import { authentication } from './scenarios/authentication.ts'
import { cost } from './scenarios/cost.ts'
import { directApns, directFcm, directWebPush } from './scenarios/direct.ts'
import { egressApns, egressFcm, egressWebPush } from './scenarios/egress.ts'
import { firstPush } from './scenarios/first-push.ts'
import { growth } from './scenarios/growth.ts'
import { importDevices } from './scenarios/import.ts'
import { latency } from './scenarios/latency.ts'
import { type BenchSimulators, startSimulators } from './simulators.ts'
import { FULL, QUICK, type Sizes } from './sizes.ts'
import { renderText } from './table.ts'

const SCENARIOS: readonly Scenario[] = [
  directFcm,
  directApns,
  directWebPush,
  egressFcm,
  egressApns,
  egressWebPush,
  latency,
  acceptLatency,
  authentication,
  firstPush,
  importDevices,
  cost,
  growth,
]
const NAMES = SCENARIOS.map(({ name }) => name)

const USAGE = `Usage: npm run bench -- [flags]

  --only NAME              one benchmark; may be repeated: ${NAMES.join(', ')}
  --quick                  small and once, to see that everything works; writes neither results nor README
  --growth-devices N,N,…   sizes of the topic that grows`

const flags = readFlags((args) => parseBenchFlags(args, NAMES), USAGE)
const openings = new Openings()
endOnSignals(openings)

try {
  await runAll(openings.add(await startSimulators()))
  await openings.close()
  process.exit(0)
} catch (error) {
  await openings.close()
  fail(error)
}

async function runAll(simulators: BenchSimulators): Promise<void> {
  const chosen = SCENARIOS.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name))
  const results: Result[] = []
  for (const [index, scenario] of chosen.entries()) {
    console.log(`${scenario.name} (${index + 1} of ${chosen.length})`)
    const result = await runOne(scenario, simulators)
    results.push(result)
    if (!flags.quick) await writeResult(result)
  }
  console.log(`\n${renderText(results.flatMap(({ rows }) => rows))}`)
  for (const note of results.flatMap(({ notes = [] }) => notes)) console.log(`\n${note}`)
  if (!flags.quick) await writeReadme(NAMES)
}

async function runOne(scenario: Scenario, simulators: BenchSimulators): Promise<Result> {
  const machine = readMachine()
  const measuredAt = new Date().toISOString()
  const report = (line: string) => console.log(`  ${line}`)
  // Closed after each scenario, so that the next one has the machine for itself; or by the signal that ends it all.
  const own = openings.add(new Openings())
  const usual = flags.quick ? QUICK : FULL
  const sizes: Sizes = { ...usual, growth: flags.growthDevices ?? usual.growth }
  const findings = await scenario.run({ sizes, simulators, openings: own, report })
  await own.close()
  return { name: scenario.name, command: commandLine(), measuredAt, machine, ...findings }
}

function commandLine(): string {
  const only = flags.only.flatMap((name) => ['--only', name])
  const sizes = flags.growthDevices === null ? [] : ['--growth-devices', flags.growthDevices.join(',')]
  return ['npm run bench', ...only, ...sizes].join(' ').replace(' --', ' -- --')
}
