/**
 * What authentication costs `POST /v1/notifications`: the same handler with a bearer and through a door that asks nobody, call
 * by call in turns, one at a time, in one workerd.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../dev/api-client.ts'
import { migrateDatabase } from '../../dev/migrations.ts'
import { ROOT } from '../../dev/root.ts'
import { readWorkerConfig } from '../../dev/worker-config.ts'
import { makeApp, makeSecrets } from '../app.ts'
import { nameOfRound } from '../duel.ts'
import { notificationTo } from '../message.ts'
import { writeMs } from '../numbers.ts'
import { percentilesOf } from '../percentiles.ts'
import { varsFor } from '../platform.ts'
import type { Bench, Findings, Row, Scenario } from '../scenario.ts'
import { compare, median } from '../statistics.ts'
import { startWorker } from '../worker-process.ts'

/** Nobody subscribes to it: what is measured is the accepting. */
const TOPIC = 'nobody'
const MOST_RATIO = 1.1
const KEY_BYTES = 32

/** The ways to come, each against the open door. */
const BEARERS = ['an API key', 'a token'] as const
type Way = (typeof BEARERS)[number] | 'nobody is asked'

/** Medians in milliseconds, a round each. */
export type AuthenticationDetails = Readonly<Record<Way, number[]>>

export const authentication: Scenario = { name: 'authentication', run: measureAuthentication }

async function measureAuthentication(bench: Bench): Promise<Findings> {
  const clients = await openDoors(bench)
  const details: AuthenticationDetails = { 'an API key': [], 'a token': [], 'nobody is asked': [] }
  for (let round = 0; round <= bench.sizes.rounds; round++) {
    const medians = await takeTurns(clients, bench.sizes.accepts)
    const words = Object.entries(medians).map(([way, ms]) => `${way} ${writeMs(ms)}`)
    bench.report(`${nameOfRound(round, bench.sizes.rounds)}: ${words.join(', ')}`)
    if (round === 0) continue
    for (const way of Object.keys(medians) as Way[]) details[way].push(medians[way])
  }
  return { rows: BEARERS.map((bearer) => rowOf(bearer, details)), details }
}

function rowOf(bearer: (typeof BEARERS)[number], details: AuthenticationDetails): Row {
  const ratio = compare(details[bearer], details['nobody is asked'])
  const pairs = ratio.byPair.map((pair) => pair.toFixed(2)).join(' ')
  return {
    measured: `POST /v1/notifications with ${bearer}, one at a time`,
    fanfare: `p50 ${writeMs(median(details[bearer]))}`,
    comparedWith: `nobody is asked: p50 ${writeMs(median(details['nobody is asked']))}`,
    ratio: `${ratio.typical.toFixed(2)} (${pairs})`,
    target: `≤ ${MOST_RATIO.toFixed(2)}`,
    met: ratio.typical <= MOST_RATIO,
  }
}

/** Each way once, in another order each time, until each has had its calls: the machine is the same for all. */
async function takeTurns(clients: Readonly<Record<Way, () => Promise<unknown>>>, calls: number) {
  const ways = Object.keys(clients) as Way[]
  const latenciesMs: Record<Way, number[]> = { 'an API key': [], 'a token': [], 'nobody is asked': [] }
  for (let turn = 0; turn < calls; turn++) {
    const first = turn % ways.length
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
      const calledAt = performance.now()
      await clients[way]()
      latenciesMs[way].push(performance.now() - calledAt)
    }
  }
  const medianOf = (way: Way) => percentilesOf(latenciesMs[way]).p50
  return Object.fromEntries(ways.map((way) => [way, medianOf(way)])) as Record<Way, number>
}

async function openDoors({ simulators, openings }: Bench): Promise<Record<Way, () => Promise<unknown>>> {
  const rootKey = `root_${randomBytes(KEY_BYTES).toString('base64url')}`
  const secrets = { ROOT_KEY: rootKey, CREDENTIALS_KEY: randomBytes(KEY_BYTES).toString('base64') }
  const config = readWorkerConfig()
  const worker = openings.add(
    await startWorker({
      config: join(ROOT, 'wrangler.toml'),
      entry: join(ROOT, 'bench', 'open-door', 'worker.ts'),
      vars: { ...config.vars, ...varsFor(simulators, 'direct'), ...secrets },
      prepareState: (persistence) => migrateDatabase(persistence, config),
    }),
  )
  const root = apiClient(worker.url, rootKey)
  const key = await makeApp(root, simulators.control, await makeSecrets(simulators.control))
  const keyed = apiClient(worker.url, key)
  const body = { scopes: ['notifications:send'], ttl_seconds: 3600 }
  const { token } = await keyed.post<{ token: string }>('/v1/tokens', body)
  const send =
    (client: ApiClient, door = '') =>
    () =>
      client.post(`${door}/v1/notifications`, notificationTo(TOPIC))
  return {
    'an API key': send(keyed),
    'a token': send(apiClient(worker.url, token)),
    'nobody is asked': send(apiClient(worker.url, null), '/open'),
  }
}
