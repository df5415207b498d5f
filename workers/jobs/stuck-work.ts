/**
 * Tells the operator of work that fails whoever takes it: a line in the log, and a row that the API lists. Reporting
 * decides nothing: recipients stay pending, and the ledger's alarm brings their ticket back, ever more rarely, until
 * it is settled or the send expires.
 */

import { STALLS_REPORTED } from '../../push/ticket-wake.ts'
import { dropOldStuckWork, noteStuckWork, type Sighting, type StuckJob } from '../../schema/d1/stuck-work.ts'
import { databaseOf } from '../../schema/databases.ts'
import type { LedgerMessage } from '../../schema/queue-messages.ts'

/** As long as ledgers answer questions. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000

/** Never throws: what cannot be reported is in the log, and is seen again. */
export async function reportStuck(
  env: Env,
  message: LedgerMessage,
  sighting: Pick<Sighting, 'error' | 'counts'>,
): Promise<void> {
  const job = stuckJobOf(message)
  console.error('work is stuck: nobody manages to do it', { ...job, error: sighting.error })
  const now = Date.now()
  try {
    await noteStuckWork(databaseOf(env, job.appId), job, { ...sighting, now })
    await dropOldStuckWork(databaseOf(env, job.appId), job.appId, now - REMEMBERED_MS)
  } catch (error) {
    console.error('stuck work was not noted', { error: String(error) })
  }
}

/**
 * Does the work of a lease. Where its ticket came back again and again with nothing settled, which is how consumers
 * look that end without a word, the operator hears of it before, and of what went wrong this time.
 *
 * @throws what the work throws
 */
export async function watchStalls(
  env: Env,
  message: LedgerMessage,
  stalls: number,
  work: () => Promise<void>,
): Promise<void> {
  if (stalls < STALLS_REPORTED) return await work()
  await reportStuck(env, message, { error: null, counts: true })
  try {
    await work()
  } catch (error) {
    await reportStuck(env, message, { error: String(error), counts: false })
    throw error
  }
}

function stuckJobOf(message: LedgerMessage): StuckJob {
  const { appId, notificationId } = message
  const ledger = message.kind === 'fanout.v1' ? ({ kind: 'shard', name: message.shard } as const) : message.ledger
  return { appId, notificationId, ledger, ticket: message.kind === 'deliver.v1' ? message.ticket : null }
}
