/** Puts tickets into their lanes. Knows the bindings; which lane is a ticket's is decided in push/lanes.ts. */
import { chooseLane, findLanes, type LaneNames, type LaneTicket } from '../push/lanes.ts'
import type { DeliverMessage, LedgerRef } from '../schema/queue-messages.ts'
import { sendAll } from './send-all.ts'

/** Bindings never change while an isolate lives. */
const lanesOf = new WeakMap<Env, LaneNames>()

/**
 * Enqueues tickets, each in its lane. A queue that takes none keeps no other lane's tickets from theirs.
 *
 * @throws what such a queue threw, when the others have been tried
 * @param mayBeUrgent the send goes to users or devices and is of high priority
 */
export async function enqueueTickets(
  env: Env,
  ledger: LedgerRef,
  { appId, notificationId }: { readonly appId: string; readonly notificationId: string },
  tickets: readonly LaneTicket[],
  mayBeUrgent: boolean,
): Promise<void> {
  const send = { ledger: ledger.name, notificationId, mayBeUrgent }
  const lanes = Map.groupBy(tickets, (ticket) => chooseLane(lanesBoundIn(env), ticket, send))
  const failures: unknown[] = []
  for (const [lane, own] of lanes) {
    const bodies = own.map(({ number: ticket, platform }): DeliverMessage => {
      return { kind: 'deliver.v1', ledger, appId, platform, notificationId, ticket }
    })
    try {
      await sendAll(queueBoundAs(env, lane), bodies)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

function lanesBoundIn(env: Env): LaneNames {
  const known = lanesOf.get(env) ?? findLanes(Object.keys(env))
  lanesOf.set(env, known)
  return known
}

/** The name was found among the bindings, so it is one; the generated type lists only the lanes of wrangler.toml. */
function queueBoundAs(env: Env, name: string): Queue<DeliverMessage> {
  return (env as unknown as Readonly<Record<string, Queue<DeliverMessage>>>)[name]!
}
