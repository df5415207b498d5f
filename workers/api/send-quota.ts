/**
 * Sends of an app that has a quota of them: counted by its Meter before they are created, so that none gets past it, and
 * taken out again if they are refused after all. Sequences; what fits is decided by push/quota-book.ts. An app without
 * such quotas costs nothing here.
 */

import type { CountedSend, SendCount } from '../../durable-objects/meter-rpc.ts'
import {
  createNotification,
  type NewNotification,
  nameNotification,
  replayNotification,
} from '../../durable-objects/notifications.ts'
import type { CreateAnswer } from '../../durable-objects/rpc.ts'
import { meterOf } from '../../durable-objects/stubs.ts'
import type { AppQuotas } from '../../push/app-settings.ts'
import { idTail } from '../../push/ids.ts'
import type { QuotaWarning } from '../../push/quota-book.ts'
import { countRecipients } from './count-recipients.ts'
import { recallApp } from './known-apps.ts'
import { quotaProblem } from './quota-warnings.ts'
import { tellExceeded, tellWarnings } from './tell-quota.ts'

export interface QuotaAnswer {
  readonly answer: CreateAnswer
  /** Quotas of which most is used by now. */
  readonly reached: readonly QuotaWarning[]
}

/** Creates a notification, if the app's quotas have room for it. @throws ApiProblem `quota_exceeded` */
export async function createWithinQuota(env: Env, request: NewNotification): Promise<QuotaAnswer> {
  const app = await recallApp(env, request.appId, request.now)
  if (app === null || !hasQuota(app.quotas)) return { answer: await createNotification(env, request), reached: [] }
  // What was accepted before is not counted again, and has its answer whatever is left.
  const earlier = await replayNotification(env, request)
  if (earlier !== null) return { answer: earlier, reached: [] }
  const id = await nameNotification(request)
  const recipients = await estimateRecipients(env, request, app.quotas)
  const counted = await count(env, request, app.quotas, { send: idTail(id), bodyHash: request.bodyHash, recipients })
  if (counted.kind === 'conflict') return { answer: counted, reached: [] }
  const answer = await createNotification(env, { ...request, id, countedRecipients: recipients })
  // Nothing of it was kept. Where it is not known whether it was accepted, it stays counted.
  if (answer.kind === 'line_full' || answer.kind === 'conflict') {
    await meterOf(env, request.appId).forgetSend(idTail(id))
  }
  return { answer, reached: counted.kind === 'known' ? [] : counted.reached }
}

function hasQuota({ sendsADay, recipientsADay }: AppQuotas): boolean {
  return sendsADay !== null || recipientsADay !== null
}

/**
 * Where no quota is about recipients nobody asks how many there are: they are known when the send is over. Otherwise each
 * makes a difference, because nobody knows here how many are left.
 */
async function estimateRecipients(env: Env, { appId, send, now }: NewNotification, { recipientsADay }: AppQuotas) {
  return recipientsADay === null ? 0 : await countRecipients(env, appId, send.audience, { matters: 1, now })
}

/** @throws ApiProblem `quota_exceeded` */
async function count(
  env: Env,
  { appId, now }: NewNotification,
  quotas: AppQuotas,
  send: CountedSend,
): Promise<Exclude<SendCount, { kind: 'refused' }>> {
  const counted = await meterOf(env, appId).countSend(send, quotas)
  if (counted.kind === 'refused') {
    tellExceeded(env, appId, counted, now)
    throw quotaProblem(counted, now)
  }
  if (counted.kind === 'counted') tellWarnings(env, appId, counted.warnings, now)
  return counted
}
