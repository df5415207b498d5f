/**
 * Pages of dead letters: of one notification, or of all of an app, the newest notification first. Reads the index in
 * D1 and asks the notifications' ledgers; writes nothing.
 */
import type { DeliveryFilter, DeliveryQuery, DeliveryView } from '../../durable-objects/rpc.ts'
import { notificationNamed } from '../../durable-objects/stubs.ts'
import { isId } from '../../push/ids.ts'
import { listDeadLetterSources } from '../../schema/d1/dead-letter-sources.ts'
import { databaseOf } from '../../schema/databases.ts'
import { appIdOf, type Caller } from './caller.ts'
import { ApiProblem } from './problem.ts'
import { reachesNotification } from './within-limits.ts'

/** Notifications asked for one page, one after the other: a filter that fits nowhere must not ask a thousand. */
const NOTIFICATIONS_A_PAGE = 20

export interface DeadLetterQuery extends Omit<DeliveryFilter, 'status'> {
  readonly notificationId: string | null
  readonly deviceId: string | null
  readonly cursor: string | null
  readonly limit: number
}

export interface DeadLetterPage {
  readonly data: { readonly notificationId: string; readonly view: DeliveryView }[]
  readonly nextCursor: string | null
}

/** @throws ApiProblem `not_found` for a notification that the app does not have, or that is outside the caller's limits */
export async function listDeadLetters(env: Env, caller: Caller, query: DeadLetterQuery): Promise<DeadLetterPage> {
  return query.notificationId === null
    ? await listOfApp(env, caller, query)
    : await listOfNotification(env, caller, query.notificationId, query)
}

async function listOfNotification(
  env: Env,
  caller: Caller,
  id: string,
  query: DeadLetterQuery,
): Promise<DeadLetterPage> {
  const appId = appIdOf(caller)
  const isThere = isId('ntf', id) && (await reachesNotification(env, caller, appId, id))
  const page = isThere ? await notificationNamed(env, appId, id).deliveries(failed(query)) : null
  if (page === null) throw unknownNotification(id, 'notification_id')
  return { data: page.data.map((view) => ({ notificationId: id, view })), nextCursor: page.nextCursor }
}

/** The cursor is `notification/cursor within it`. A page may be short, or empty, and not the last one. */
async function listOfApp(env: Env, caller: Caller, query: DeadLetterQuery): Promise<DeadLetterPage> {
  const appId = appIdOf(caller)
  const [from, inner] = parseCursor(query.cursor)
  const database = databaseOf(env, appId)
  const sources = await listDeadLetterSources(database, appId, { from, limit: NOTIFICATIONS_A_PAGE + 1 })
  const data: DeadLetterPage['data'] = []
  for (const [index, notificationId] of sources.entries()) {
    const limit = query.limit - data.length
    if (limit === 0 || index === NOTIFICATIONS_A_PAGE) return { data, nextCursor: `${notificationId}/` }
    if (!(await reachesNotification(env, caller, appId, notificationId))) continue
    const cursor = notificationId === from ? inner : null
    const page = await notificationNamed(env, appId, notificationId).deliveries(failed({ ...query, cursor, limit }))
    data.push(...(page?.data ?? []).map((view) => ({ notificationId, view })))
    if (page?.nextCursor != null) return { data, nextCursor: `${notificationId}/${page.nextCursor}` }
  }
  return { data, nextCursor: null }
}

function failed({ platform, reason, replayed, deviceId, cursor, limit }: DeadLetterQuery): DeliveryQuery {
  return { status: 'failed', platform, reason, replayed, deviceId, cursor, limit }
}

/** A place in the dead letters of an app: `notification/place in its deliveries`. */
export const APP_CURSOR = /^(ntf_[0-9a-z]{29})\/((?:\d{1,5}\/)?(?:\d{1,9}:\d{1,4})?)$/

function parseCursor(cursor: string | null): [from: string | null, inner: string | null] {
  const match = APP_CURSOR.exec(cursor ?? '')
  return match ? [match[1]!, match[2] || null] : [null, null]
}

export function unknownNotification(id: string, param: string): ApiProblem {
  return new ApiProblem('not_found', `There is no notification ${id} in this app.`, { param })
}
