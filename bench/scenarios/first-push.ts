/**
 * How long a message to one device takes: from `POST /v1/notifications` until its push arrives at the push service.
 * Alone, with 20 of them in flight, and while a campaign to the same push service is under way.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../dev/api-client.ts'
import { Openings } from '../../dev/command.ts'
import { makeSecrets } from '../app.ts'
import { fcmDevices, importAudience, makeAudience, tokensOf } from '../audience.ts'
import { type FirstPushSeries, findingsOfFirstPush } from '../first-push-findings.ts'
import { load } from '../load.ts'
import { notificationTo, notificationToDevice } from '../message.ts'
import { startBenchPlatform, type WayOut } from '../platform.ts'
import type { Bench, Findings, Scenario } from '../scenario.ts'
import { type BenchSimulators, startSimulators } from '../simulators.ts'

const IN_FLIGHT = 20
/** A campaign of the full size takes longer than so many sends. */
const SENDS_DURING_CAMPAIGN = 150
const CAMPAIGN = 'everybody'
/** Each send in flight asks the simulators so often whether its push is there: seldom enough not to be the load. */
const POLL_MS_PER_SEND_IN_FLIGHT = 2
const SHORTEST_POLL_MS = 5
const PATIENCE_MS = 30_000

interface Device {
  readonly id: string
  readonly token: string
}

export const firstPush: Scenario = { name: 'first-push', run: measureFirstPush }

async function measureFirstPush(bench: Bench): Promise<Findings> {
  // Simulators of its own, which keep each arrival with its time.
  const simulators = bench.openings.add(await startSimulators('full'))
  const direct = await measureWayOut(bench, simulators, 'direct')
  const egress = await measureWayOut(bench, simulators, 'egress')
  return findingsOfFirstPush([...direct, ...egress])
}

async function measureWayOut(
  { sizes, openings, report }: Bench,
  simulators: BenchSimulators,
  wayOut: WayOut,
): Promise<FirstPushSeries[]> {
  const own = openings.add(new Openings())
  const secrets = await makeSecrets(simulators.control)
  const { api } = own.add(await startBenchPlatform(simulators, secrets, wayOut))
  const devices = await registerDevices(api, simulators, sizes.firstPushes)
  const measure = async (condition: string, inFlight: number, times = devices.length): Promise<FirstPushSeries> => {
    report(`${wayOut}, ${condition}`)
    return { wayOut, condition, latenciesMs: await sendToEach(api, simulators, devices.slice(0, times), inFlight) }
  }
  await measure('warm-up', 1)
  const series = [await measure('one at a time', 1), await measure(`${IN_FLIGHT} in flight`, IN_FLIGHT)]
  // Through the egress a campaign is over before enough of them were sent.
  if (wayOut === 'direct') {
    const campaign = await startCampaign(api, simulators, sizes.devices)
    series.push(await measure('one at a time during a campaign', 1, SENDS_DURING_CAMPAIGN))
    await campaign.cancel()
  }
  await own.close()
  return series
}

/** One call a device: it answers the id that sends name. */
async function registerDevices(api: ApiClient, { control }: BenchSimulators, count: number): Promise<Device[]> {
  const devices: Device[] = []
  for (const token of tokensOf(await makeAudience(control, fcmDevices(count)))) {
    const { id } = await api.post<{ id: string }>('/v1/devices', { platform: 'fcm', token })
    devices.push({ id, token })
  }
  return devices
}

/** @returns how long each took, in milliseconds */
async function sendToEach(
  api: ApiClient,
  simulators: BenchSimulators,
  devices: readonly Device[],
  inFlight: number,
): Promise<number[]> {
  const latenciesMs: number[] = []
  const pollMs = Math.max(SHORTEST_POLL_MS, POLL_MS_PER_SEND_IN_FLIGHT * inFlight)
  const waiting = devices.values()
  const send = async () => {
    const { id: device, token } = waiting.next().value!
    const postedAt = performance.timeOrigin + performance.now()
    const { id } = await api.post<{ id: string }>('/v1/notifications', notificationToDevice(device))
    latenciesMs.push((await arrivalOf(simulators, token, id, pollMs)) - postedAt)
  }
  await load(send, devices.length, inFlight)
  return latenciesMs
}

interface Arrival {
  /** Epoch ms, whole ones, of the clock that this process has too. */
  readonly at: number
  readonly message_id: string | null
}

/** When the push of a notification arrived, in epoch ms. Waits for it. */
async function arrivalOf(
  { control }: BenchSimulators,
  token: string,
  notificationId: string,
  pollMs: number,
): Promise<number> {
  const path = `/inbox/fcm/${encodeURIComponent(token)}`
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const { data } = await control.get<{ data: Arrival[] }>(path)
    const arrival = data.find(({ message_id }) => message_id === notificationId)
    if (arrival !== undefined) return arrival.at
    if (Date.now() > deadline) throw new Error(`the push of ${notificationId} did not arrive`)
    await sleep(pollMs)
  }
}

/** Sends to a topic and leaves it running. */
async function startCampaign(api: ApiClient, { control }: BenchSimulators, devices: number) {
  await importAudience(api, 'fcm', CAMPAIGN, await makeAudience(control, fcmDevices(devices)))
  const { id } = await api.post<{ id: string }>('/v1/notifications', notificationTo(CAMPAIGN))
  return {
    /** @throws when it was over already: then it was no campaign that anybody could be held up by */
    cancel: async () => {
      const { counts } = await api.get<{ counts: { pending: number } }>(`/v1/notifications/${id}`)
      if (counts.pending === 0) throw new Error(`a campaign of ${devices} was over too soon`)
      await api.post(`/v1/notifications/${id}/cancel`, {})
    },
  }
}
