/**
 * `npm run test:crash`: kills the whole platform again and again while it fans out, starts it on the same state, and
 * audits the push services' inboxes against the ledger. Exit code 0 only if nothing was lost and no guarantee was broken.
 * Puts the parts together.
 */
import { endOnSignals, fail, Openings, readFlags } from '../../dev/command.ts'
import { countOf, formatCount } from '../../dev/demo/names.ts'
import { rollDice } from '../../dev/dice.ts'
import { openScreen, type Progress } from '../../dev/screen.ts'
import { startWitness } from '../witness/simulators.ts'
import { makeStateDirectory } from '../witness/state-directory.ts'
import type { Seen } from './fan-out.ts'
import { parseCrashFlags } from './flags.ts'
import { playSeries, type Result, type Way } from './series.ts'
import { Stage } from './stage.ts'
import { renderTable } from './table.ts'

const USAGE = `Usage: npm run test:crash -- [flags]

  --kills N     how often the platform is killed (48)
  --devices N   how many devices each fan-out goes to (20000)
  --quick       4 kills, 2000 devices
  --seed N      draws the moments of an earlier run again`

const WAYS: readonly Way[] = [
  { guarantee: 'at_least_once', wayOut: 'egress' },
  { guarantee: 'at_most_once', wayOut: 'egress' },
  { guarantee: 'at_most_once', wayOut: 'direct' },
  { guarantee: 'at_least_once', wayOut: 'direct' },
]
/** More would leave nothing to send between two of them. */
const MOST_KILLS_PER_FANOUT = 8
/** The push services answer after so long, so that something is in the air at any moment. */
const LATENCY_MS = 3
const SEEDS = 1_000_000

const flags = readFlags((args) => parseCrashFlags(args, Date.now() % SEEDS), USAGE)
const openings = new Openings()
endOnSignals(openings)
const directory = openings.add(await makeStateDirectory('crash'))

try {
  const startedAt = performance.now()
  const ways = chooseWays(flags.kills)
  const [kills, fanouts, devices] = [
    countOf(flags.kills, 'kill'),
    countOf(ways.length, 'fan-out'),
    countOf(flags.devices, 'device'),
  ]
  console.log(`${kills} over ${fanouts} to ${devices}, seed ${flags.seed}`)
  const results = await play(ways)
  const holds = report(results, performance.now() - startedAt)
  if (!holds) directory.keep()
  await openings.close()
  process.exit(holds ? 0 : 1)
} catch (error) {
  directory.keep()
  await openings.close()
  fail(error)
}

/** As many rounds through the ways as it takes to give each fan-out few enough kills. */
function chooseWays(kills: number): Way[] {
  const rounds = Math.ceil(kills / (WAYS.length * MOST_KILLS_PER_FANOUT))
  return Array.from({ length: rounds }, () => WAYS).flat()
}

async function play(ways: readonly Way[]): Promise<Result[]> {
  const witness = openings.add(await startWitness({ inbox: 'full', latencyMs: LATENCY_MS }))
  const stage = openings.add(new Stage(witness, directory.path))
  const screen = openScreen()
  return await playSeries(stage, {
    ...flags,
    ways,
    dice: rollDice(flags.seed),
    onProgress: (index, kills, seen) => {
      const { guarantee, wayOut } = ways[index]!
      screen.show(describe(`${index + 1} of ${ways.length}, ${guarantee}, ${wayOut}`, kills, seen))
    },
    onResult: () => screen.finish(),
  })
}

function describe(name: string, kills: number, { kills: killed, moment, notification }: Seen): Progress {
  const left = notification === null ? '' : `, ${formatCount(notification.counts.pending)} pending`
  const next = moment === null ? 'waiting for completion' : `next at ${moment.name}`
  const line = `  fan-out ${name}: ${killed} of ${countOf(kills, 'kill')}, ${next}${left}`
  return { lines: [line], line }
}

/** @returns whether the audit holds */
function report(results: readonly Result[], elapsedMs: number): boolean {
  console.log(`\n${renderTable(results).join('\n')}\n`)
  const mistakes = results.flatMap(({ guarantee, wayOut, audit }) =>
    audit.mistakes.map((mistake) => `${guarantee}, ${wayOut}: ${mistake}`),
  )
  for (const mistake of mistakes) console.log(`WRONG  ${mistake}`)
  const holds = mistakes.length === 0
  const seconds = Math.round(elapsedMs / 1000)
  console.log(
    `The audit ${holds ? 'holds' : 'does NOT hold'}: ${countOf(flags.kills, 'kill')}, seed ${flags.seed}, ${seconds} s.`,
  )
  return holds
}
