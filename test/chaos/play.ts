/**
 * One scene: a campaign to everybody, what goes wrong meanwhile, and urgent sends beside it, until every recipient is
 * accounted for. Sequences only: scenes.ts says what goes wrong, ../witness/audit.ts and verdict.ts whether all is well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../dev/api-client.ts'
import type { Device } from '../witness/audience.ts'
import { type Audit, audit } from '../witness/audit.ts'
import { gatherEvidence } from '../witness/evidence.ts'
import { type NotificationView, readNotification } from '../witness/ledger.ts'
import type { PlatformProcess } from '../witness/platform-process.ts'
import { PUSH_SERVICES, type Witness } from '../witness/simulators.ts'
import type { Gate } from './gate.ts'
import type { Scene } from './scenes.ts'
import { type Arrived, UrgentSends } from './urgent.ts'

export interface Theater {
  readonly api: ApiClient
  readonly witness: Witness
  readonly fcmGate: Gate
  readonly platform: Pick<PlatformProcess, 'killEgress'>
  readonly topic: string
  readonly audience: readonly Device[]
  /** One of each push service. */
  readonly urgentDevices: readonly Device[]
  readonly onProgress: (seen: NotificationView) => void
}

export interface SceneStory {
  readonly scene: Scene
  readonly seconds: number
  /** Requests that came to the push services. */
  readonly requests: number
  readonly audits: readonly Audit[]
  readonly urgent: readonly Arrived[]
}

const POLL_MS = 100
/** Longer than every retry after the longest outage; after that nothing will move any more. */
const STALLED_AFTER_MS = 120_000

/** @param leastMs campaigns follow each other until then */
export async function playScene(theater: Theater, scene: Scene, leastMs: number): Promise<SceneStory> {
  const { api, witness, urgentDevices } = theater
  await witness.forget()
  const urgentSends = new UrgentSends(api, urgentDevices)
  const startedAt = performance.now()
  const trouble = makeTrouble(theater, scene)
  await trouble.begun
  urgentSends.start()
  const campaigns: NotificationView[] = []
  if (scene.isIdle) await sleep(leastMs)
  else {
    do campaigns.push(await runCampaign(theater, scene))
    while (performance.now() - startedAt < leastMs)
  }
  await trouble.end()
  const seconds = (performance.now() - startedAt) / 1000
  const urgent = await urgentSends.stop(witness)
  const counts = await witness.counts()
  const requests = PUSH_SERVICES.reduce((sum, service) => sum + counts[service].requests, 0)
  const audits: Audit[] = []
  for (const notification of campaigns) audits.push(await auditCampaign(theater, scene, notification))
  return { scene, seconds, requests, audits, urgent }
}

/** Begins what goes wrong, and ends it in time. */
function makeTrouble({ witness, fcmGate, platform }: Theater, scene: Scene) {
  let ended: Promise<void> | null = null
  const end = () => {
    clearTimeout(timer)
    clearInterval(killer)
    ended ??= Promise.all([witness.setFaults([]), fcmGate.open()]).then(() => undefined)
    return ended
  }
  const begin = async () => {
    await witness.setFaults(scene.faults)
    if (scene.fcmRefuses) await fcmGate.shut()
    if (scene.revokesTokens) await witness.control.delete('/fcm/access-tokens')
  }
  const every = scene.egressDiesEveryMs
  const killer = every === undefined ? undefined : setInterval(() => platform.killEgress(), every)
  const timer = scene.lastsMs === null ? undefined : setTimeout(end, scene.lastsMs)
  return { begun: begin(), end }
}

async function runCampaign(theater: Theater, scene: Scene): Promise<NotificationView> {
  const { api, topic, onProgress } = theater
  const { id } = await api.post<{ id: string }>('/v1/notifications', {
    to: { topic },
    title: 'Fanfare',
    body: 'One send, every device, each of them accounted for.',
    collapse_key: 'chaos',
    ttl_seconds: 3600,
    guarantee: guaranteeOf(scene),
  })
  let movedAt = Date.now()
  let pending = Number.NaN
  for (;;) {
    const seen = await readNotification(api, id)
    onProgress(seen)
    if (seen.status === 'completed') return seen
    if (seen.counts.pending !== pending) movedAt = Date.now()
    pending = seen.counts.pending
    if (Date.now() - movedAt > STALLED_AFTER_MS) throw new Error(`${id} has stood still: ${JSON.stringify(seen)}`)
    await sleep(POLL_MS)
  }
}

async function auditCampaign({ api, witness, audience }: Theater, scene: Scene, notification: NotificationView) {
  const nobody = { joining: [], gone: new Set<string>(), inTheAir: new Map<string, number>() }
  const known = { guarantee: guaranteeOf(scene), notification, audience, ...nobody }
  const { evidence, differences } = await gatherEvidence(api, witness, known)
  const found = audit(evidence)
  return { ...found, mistakes: [...found.mistakes, ...differences] }
}

function guaranteeOf({ guarantee = 'at_least_once' }: Scene) {
  return guarantee
}
