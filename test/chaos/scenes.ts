/**
 * What goes wrong with the push services, scene by scene. Data. Waits of the retry schedule are played at a hundredth
 * of themselves, so ten seconds without FCM stand for a quarter of an hour.
 */
import type { Evidence } from '../witness/audit.ts'
import { type Fault, PUSH_SERVICES, type PushService } from '../witness/simulators.ts'

export interface Scene {
  readonly name: string
  readonly guarantee?: Evidence['guarantee']
  /** How long it goes wrong from the start of the campaign on; null: as long as the campaign takes. */
  readonly lastsMs: number | null
  readonly faults: readonly Fault[]
  /** There is no campaign. */
  readonly isIdle?: boolean
  /** Nobody listens where FCM was. */
  readonly fcmRefuses?: boolean
  /** The egress is killed every so often, and started again each time. */
  readonly egressDiesEveryMs?: number
  /** Google forgets the access tokens that it has given. */
  readonly revokesTokens?: boolean
  /** Played by a quick run too. */
  readonly quick?: boolean
  /** Services that may be slow even for an urgent send, because they are what is down. */
  readonly down: readonly PushService[]
}

/** What the addresses of the campaign's devices begin with; those of the urgent ones do not. */
export const CAMPAIGN_PREFIX: Readonly<Record<PushService, string>> = { fcm: 'live-', apns: 'f00d', webpush: 'live-' }

/** For the campaign's devices of every service alike. */
function everywhere(fault: Omit<Fault, 'service' | 'prefix'>): Fault[] {
  return PUSH_SERVICES.map((service) => ({ service, prefix: CAMPAIGN_PREFIX[service], ...fault }))
}

function tooOften(service: PushService, word: { reason?: string }): Fault {
  const effect = { kind: 'status', status: 429, retry_after: 1, ...word }
  return { service, prefix: CAMPAIGN_PREFIX[service], probability: 0.1, effect }
}

/** Over HTTP/2 each takes everything with it that is on its connection. */
const RESETS = (['fcm', 'apns'] as const).map((service): Fault => {
  return { service, every: 500, effect: { kind: 'reset', when: 'after' } }
})

/** What urgent sends take when nothing else is sent. */
export const IDLE: Scene = { name: 'nothing, no campaign', isIdle: true, lastsMs: null, faults: [], down: [] }
/** And beside a campaign. */
export const QUIET: Scene = { name: 'nothing', lastsMs: null, faults: [], down: [] }

export const SCENES: readonly Scene[] = [
  { name: 'FCM refuses connections, 10 s', lastsMs: 10_000, faults: [], fcmRefuses: true, down: ['fcm'] },
  {
    name: 'FCM hangs, 8 s',
    quick: true,
    lastsMs: 8_000,
    faults: [{ service: 'fcm', effect: { kind: 'hang' } }],
    down: ['fcm'],
  },
  {
    name: 'FCM answers 503, 8 s',
    lastsMs: 8_000,
    faults: [{ service: 'fcm', effect: { kind: 'status', status: 503 } }],
    down: ['fcm'],
  },
  {
    name: '429 for the whole project, 6 s',
    lastsMs: 6_000,
    faults: [
      { service: 'fcm', effect: { kind: 'status', status: 429, reason: 'RATE_LIMIT_EXCEEDED', retry_after: 2 } },
    ],
    down: ['fcm'],
  },
  {
    name: '429 for one device in ten',
    lastsMs: 6_000,
    faults: [
      tooOften('fcm', { reason: 'QUOTA_EXCEEDED' }),
      tooOften('apns', { reason: 'TooManyRequests' }),
      tooOften('webpush', {}),
    ],
    down: [],
  },
  {
    name: 'resets after accepting',
    lastsMs: null,
    faults: RESETS,
    down: ['fcm', 'apns'],
  },
  {
    name: 'resets, at most once',
    quick: true,
    guarantee: 'at_most_once',
    lastsMs: null,
    faults: RESETS,
    down: ['fcm', 'apns'],
  },
  {
    name: '5 % 503 everywhere',
    quick: true,
    lastsMs: null,
    faults: everywhere({ probability: 0.05, effect: { kind: 'status', status: 503 } }),
    down: [],
  },
  {
    name: '2 % of answers take 3 s',
    lastsMs: null,
    faults: everywhere({ probability: 0.02, effect: { kind: 'latency', ms: 3_000 } }),
    down: [],
  },
  {
    name: 'pages instead of answers, 6 s',
    lastsMs: 6_000,
    faults: (['fcm', 'webpush'] as const).map((service) => ({ service, effect: { kind: 'html', status: 502 } })),
    down: ['fcm', 'webpush'],
  },
  {
    name: 'APNs says GOAWAY to every 100th',
    lastsMs: null,
    faults: [{ service: 'apns', every: 100, effect: { kind: 'goaway', reason: 'Shutdown' } }],
    down: ['apns'],
  },
  {
    name: 'no access tokens, 6 s',
    lastsMs: 6_000,
    faults: [{ service: 'oauth', effect: { kind: 'html', status: 503 } }],
    revokesTokens: true,
    down: ['fcm'],
  },
  {
    name: 'the egress is killed every 2 s',
    lastsMs: 8_000,
    faults: [],
    egressDiesEveryMs: 2_000,
    // Whatever the egress has in its hands, urgent or not, is sent again.
    down: PUSH_SERVICES,
  },
]
