/**
 * The pace, the back-off and the breaker of one push-service credential, for the whole fleet. Small control state,
 * kept by itty-durable; everything is decided in push/throttle.ts. It is asked about once a ticket, never per push.
 */
import type { Platform } from '../push/device.ts'
import { NOMINAL_BASE_SECONDS } from '../push/retry.ts'
import {
  askThrottle,
  freshThrottle,
  hasNews,
  mustStore,
  resetThrottle,
  type ThrottleAnswer,
  type ThrottleAsk,
  type ThrottleState,
  type ThrottleTerms,
  type ThrottleView,
  viewThrottle,
} from '../push/throttle.ts'
import { Durable, durable } from './durable.ts'

/** Whose pace it is. */
export interface CredentialName {
  readonly appId: string
  readonly platform: Platform
}

/** Counts may be lost for this long; what was decided never is. One row each time. */
const STORE_EVERY_MS = 10_000

/** What is in storage, by object: fields of the object would be stored themselves. */
const stored = new WeakMap<object, { readonly kept: ThrottleState; readonly at: number }>()

export class Throttle extends Durable {
  kept: ThrottleState = freshThrottle()

  /** Enters a report and answers a grant, or until when the credential is held. */
  take(ask: ThrottleAsk, platform: Platform): ThrottleAnswer {
    const { state, answer } = askThrottle(this.kept, ask, termsFor(this.state.env, platform, Date.now()))
    this.tellMove(state)
    this.kept = state
    return answer
  }

  /** The credential was replaced by this version of it. */
  reset(version: number): void {
    this.kept = resetThrottle(this.kept, version)
  }

  view(): ThrottleView {
    return viewThrottle(this.kept, Date.now())
  }

  /** The operator hears of a credential that is held, and of its end; not of each probe between. */
  tellMove(next: ThrottleState): void {
    const now = Date.now()
    const [before, after] = [viewThrottle(this.kept, now).held, viewThrottle(next, now).held]
    if (before?.cause === after?.cause) return
    const credential = this.state.id.name
    if (after === null) console.warn('a credential is used again', { credential })
    else console.warn('a credential is held', { credential, cause: after.cause, reason: after.reason })
  }

  override async onLoad(): Promise<void> {
    stored.set(this.state, { kept: this.kept, at: Date.now() })
  }

  override async persist(): Promise<void> {
    const now = Date.now()
    const last = stored.get(this.state)!
    if (!hasNews(last.kept, this.kept) || (now - last.at < STORE_EVERY_MS && !mustStore(last.kept, this.kept))) return
    stored.set(this.state, { kept: this.kept, at: now })
    await super.persist()
  }
}

function termsFor(env: Env, platform: Platform, now: number): ThrottleTerms {
  const scale = Number(env.RETRY_BASE_SECONDS) / NOMINAL_BASE_SECONDS
  // Neither Apple nor the Web Push services document a rate.
  const documented = platform === 'fcm' ? Number(env.FCM_MESSAGES_PER_MINUTE) : 0
  return { messagesPerMinute: documented > 0 ? documented : null, scale, now, random: Math.random() }
}

function throttleOf(env: Env, { appId, platform }: CredentialName) {
  return durable(env.THROTTLE, `${appId}/${platform}`)
}

/** Tells the Throttle how it went and asks for more. @throws when it cannot be reached */
export async function takePushes(env: Env, credential: CredentialName, ask: ThrottleAsk): Promise<ThrottleAnswer> {
  const answer = await throttleOf(env, credential).take(ask, credential.platform)
  // itty-durable answers an exception as if it were a value.
  if (answer.kind !== 'go' && answer.kind !== 'hold') throw new Error(`the Throttle answered ${JSON.stringify(answer)}`)
  return answer
}

/** The credential was replaced: whoever was held for the sake of the old one goes on. */
export async function resetThrottleOf(env: Env, credential: CredentialName, version: number): Promise<void> {
  await throttleOf(env, credential).reset(version)
}

/** Whether a credential is held, and why. */
export async function readThrottle(env: Env, credential: CredentialName): Promise<ThrottleView> {
  return await throttleOf(env, credential).view()
}
