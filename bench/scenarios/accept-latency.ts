/**
 * How long `POST /v1/notifications` takes to answer 202 with 50 requests in flight, beside a Worker that only puts
 * each request into a new object: locally, making the object's database file is most of either.
 */
import { join } from 'node:path'
import { apiClient } from '../../dev/api-client.ts'
import { makeSecrets } from '../app.ts'
import { nameOfRound } from '../duel.ts'
import { type Load, load } from '../load.ts'
import { notificationTo } from '../message.ts'
import { writeMs } from '../numbers.ts'
import { type Percentiles, percentilesOf } from '../percentiles.ts'
import { startBenchPlatform } from '../platform.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'
import { median } from '../statistics.ts'
import { startWorker } from '../worker-process.ts'

const IN_FLIGHT = 50
/** Nobody subscribes to it: what is measured is the accepting, though each is started and completed as well. */
const TOPIC = 'nobody'
const BARE_CONFIG = join(import.meta.dirname, '..', 'bare-object', 'wrangler.toml')

/** The details of the results: a round each. */
export interface AcceptDetails {
  readonly unit: string
  readonly fanfare: readonly (Percentiles & { readonly perSecond: number })[]
  readonly bareObject: AcceptDetails['fanfare']
}

export const acceptLatency: Scenario = { name: 'accept-latency', run: measureAccepts }

async function measureAccepts({ sizes, simulators, openings, report }: Bench): Promise<Findings> {
  const secrets = await makeSecrets(simulators.control)
  const { api } = openings.add(await startBenchPlatform(simulators, secrets, 'direct'))
  const bare = apiClient(openings.add(await startWorker({ config: BARE_CONFIG })).url, null)
  const ours: Load[] = []
  const theirs: Load[] = []
  for (let round = 0; round <= sizes.rounds; round++) {
    const one = await load(() => api.post('/v1/notifications', notificationTo(TOPIC)), sizes.accepts, IN_FLIGHT)
    const other = await load(() => bare.post('/', notificationTo(TOPIC)), sizes.accepts, IN_FLIGHT)
    report(`${nameOfRound(round, sizes.rounds)}: ${describe(one)} / ${describe(other)}`)
    if (round === 0) continue
    ours.push(one)
    theirs.push(other)
  }
  return findings(ours, theirs)
}

function findings(ours: readonly Load[], theirs: readonly Load[]): Findings {
  const row: Row = {
    measured: `POST /v1/notifications, ${IN_FLIGHT} in flight`,
    fanfare: describeAll(ours),
    comparedWith: `one new object a request: ${describeAll(theirs)}`,
    ratio: '',
    target: 'for the record',
    met: null,
  }
  const detailsOf = (loads: readonly Load[]) =>
    loads.map((one) => ({ ...percentilesOf(one.latenciesMs), perSecond: one.perSecond }))
  const details: AcceptDetails = { unit: 'milliseconds', fanfare: detailsOf(ours), bareObject: detailsOf(theirs) }
  return { rows: [row], details }
}

function describe(one: Load): string {
  const { p50, p95, p99 } = percentilesOf(one.latenciesMs)
  return `p50 ${writeMs(p50)}, p95 ${writeMs(p95)}, p99 ${writeMs(p99)}, ${one.perSecond.toLocaleString('en-US')}/s`
}

/** Of each percentile, the median of the rounds. */
function describeAll(loads: readonly Load[]): string {
  const of = (name: keyof Percentiles) => writeMs(median(loads.map((one) => percentilesOf(one.latenciesMs)[name])))
  const perSecond = Math.round(median(loads.map((one) => one.perSecond))).toLocaleString('en-US')
  return `p50 ${of('p50')}, p95 ${of('p95')}, p99 ${of('p99')}, ${perSecond}/s`
}
