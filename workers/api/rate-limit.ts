/**
 * How fast a caller may call: keys and tokens spend blocks of allowance that the app's Meter hands out, so that most
 * requests ask nobody; device keys are counted roughly, by device-limit.ts. The arithmetic is push/allowance-block.ts.
 */
import type { Context } from 'hono'
import { meterOf } from '../../durable-objects/stubs.ts'
import {
  type BlockAsk,
  type BlockGrant,
  type HeldBlock,
  holdBlock,
  isCurrent,
  LIMIT_WINDOW_MS,
  spendOne,
  wantedNext,
} from '../../push/allowance-block.ts'
import { ExpiringMap } from '../../push/expiring-map.ts'
import type { OperationId } from './access.ts'
import { limitAddress } from './address-limit.ts'
import { type Caller, vouches } from './caller.ts'
import type { ApiEnv } from './context.ts'
import { limitDevice } from './device-limit.ts'
import { recallApp } from './known-apps.ts'
import { isWithin, tooMany } from './platform-limit.ts'
import { ApiProblem } from './problem.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** What an isolate remembers of a key after its window is over says how much to ask for first in the next one. */
const BLOCKS = { lifeMs: 2 * LIMIT_WINDOW_MS, most: 10_000 }
/** A Meter that cannot be reached does not stop the API: so long nobody asks it, and nobody is limited. */
const WITHOUT_METER_MS = 1_000

const blocks = new ExpiringMap<HeldBlock>(BLOCKS)
const unreachable = new ExpiringMap<true>({ lifeMs: WITHOUT_METER_MS, most: BLOCKS.most })

/** Counts the request. The operator is not limited. @throws ApiProblem `rate_limited` */
export async function limitCaller(c: Context<ApiEnv>, caller: Caller, operationId: OperationId): Promise<void> {
  const now = Date.now()
  if (caller.kind === 'root') return
  if (caller.kind === 'device') return await limitDevice(c.env, caller, now)
  const subject = subjectOf(caller, operationId)
  if (subject === CLIENTS) await limitAddress(c, 'client')
  const limits = await readLimits(c.env, caller.appId, subject, now)
  if (limits === null) return
  const block = await spend(c.env, caller.appId, limits, now)
  if (block === null) return
  describe(c, block, now)
  if (block.left < 0) throw refusal(block, limits.subject, now)
}

/**
 * What clients of an app do: they have no key of their own. They never draw from what the app has for all its callers,
 * because everybody has their key, and the app's backend must not wait for everybody.
 */
const CLIENTS = 'registrations'

type Limits = Omit<BlockAsk, 'wanted'>
type AppCaller = Extract<Caller, { kind: 'key' | 'token' }>

/** The limits of what the request counts as; null: there are none. */
async function readLimits(env: Env, appId: string, subject: string, now: number): Promise<Limits | null> {
  const app = await recallApp(env, appId, now)
  if (app === null) return null
  const { requestsPer10Seconds, keyRequestsPer10Seconds, registrationsPer10Seconds } = app.quotas
  if (subject === CLIENTS) {
    const subjectLimit = registrationsPer10Seconds ?? limitOf(env.REGISTRATIONS_PER_10_SECONDS)
    return subjectLimit === null ? null : { subject, subjectLimit, appLimit: null }
  }
  const subjectLimit = keyRequestsPer10Seconds ?? limitOf(env.KEY_REQUESTS_PER_10_SECONDS)
  const appLimit = requestsPer10Seconds ?? limitOf(env.APP_REQUESTS_PER_10_SECONDS)
  return subjectLimit === null && appLimit === null ? null : { subject, subjectLimit, appLimit }
}

/** A client's key is in every copy of an app: what is limited there is how fast devices appear, whoever brings them. */
function subjectOf(caller: AppCaller, operationId: OperationId): string {
  if (caller.kind === 'key' && caller.isPublic) return CLIENTS
  if (operationId === 'registerDevice' && !vouches(caller)) return CLIENTS
  return caller.kind === 'key' ? caller.keyId : 'tokens'
}

/** Empty, or no number above zero: no limit. */
function limitOf(text: string): number | null {
  const limit = Number(text)
  return limit > 0 ? limit : null
}

/** One request out of the block; below zero: there was nothing left. Null: the Meter cannot be reached. */
async function spend(env: Env, appId: string, limits: Limits, now: number): Promise<HeldBlock | null> {
  const name = `${appId}/${limits.subject}`
  let held = blocks.get(name, now)
  const isKnown = held !== undefined && isCurrent(held, now) && (held.left > 0 || held.grant.exhausted !== null)
  if (!isKnown) {
    const grant = await ask(env, appId, { ...limits, wanted: wantedNext(held) }, now)
    if (grant === null) return null
    // From here on nothing is waited for: another request may have spent, or been granted, something meanwhile.
    held = holdBlock(blocks.get(name, now), grant, now)
  }
  const spent = spendOne(held!)
  blocks.set(name, spent.left < 0 ? held! : spent, now)
  return spent
}

async function ask(env: Env, appId: string, asked: BlockAsk, now: number): Promise<BlockGrant | null> {
  if (unreachable.get(appId, now)) return null
  // What clients ask keeps the app's backend from no question of its own.
  const asking = asked.subject === CLIENTS ? `${appId} ${CLIENTS}` : appId
  if (!(await isWithin(env, 'METER_QUESTIONS', asking))) {
    throw tooMany('METER_QUESTIONS', 'This app calls too fast in this part of the world. Wait a little.')
  }
  try {
    return await meterOf(env, appId).take(asked)
  } catch (error) {
    console.error('a Meter cannot be reached, nobody is limited meanwhile', { appId, error: String(error) })
    unreachable.set(appId, true, now)
    return null
  }
}

function describe(c: Context<ApiEnv>, { left, grant, untilAt }: HeldBlock, now: number): void {
  const remaining = Math.max(0, left) + grant.remaining
  const [resetSeconds, windowSeconds] = [secondsUntil(untilAt, now), LIMIT_WINDOW_MS / 1000]
  const headers = rateLimitHeaders({ limit: grant.limit, remaining, resetSeconds, windowSeconds })
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
}

function refusal({ grant, untilAt }: HeldBlock, subject: string, now: number): ApiProblem {
  const whose = grant.exhausted === 'app' ? 'This app' : (SUBJECTS[subject] ?? 'This key')
  const window = `${grant.limit} requests in ${LIMIT_WINDOW_MS / 1000} seconds`
  return new ApiProblem('rate_limited', `${whose} may make ${window}, and has. Go on after Retry-After.`, {
    retryAfterSeconds: secondsUntil(untilAt, now),
  })
}

const SUBJECTS: Readonly<Record<string, string>> = {
  tokens: 'The tokens of this app together',
  [CLIENTS]: 'Clients of this app together',
}

function secondsUntil(at: number, now: number): number {
  return Math.max(1, Math.ceil((at - now) / 1000))
}
