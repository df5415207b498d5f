/** Which queue a ticket travels in, and the sending of its message. Knows bindings; decides nothing else. */
import type { Platform } from '../push/device.ts'
import type { DeliverMessage, LedgerRef } from '../schema/queue-messages.ts'

/** Most messages that one `sendBatch` takes. */
const MESSAGES_A_BATCH = 100

/** Enqueues tickets, each in the lane of its push service, or all in the urgent lane. */
export async function enqueueTickets(
  env: Env,
  ledger: LedgerRef,
  notificationId: string,
  tickets: readonly { number: number; platform: Platform }[],
  urgent: boolean,
): Promise<void> {
  const lanes = new Map<Queue<DeliverMessage>, { body: DeliverMessage }[]>()
  for (const { number, platform } of tickets) {
    const lane = urgent ? env.DELIVER_URGENT : laneOf(env, platform)
    const messages = lanes.get(lane) ?? []
    lanes.set(lane, messages)
    messages.push({ body: { kind: 'deliver.v1', ledger, notificationId, ticket: number } })
  }
  for (const [lane, messages] of lanes) {
    for (let from = 0; from < messages.length; from += MESSAGES_A_BATCH) {
      await lane.sendBatch(messages.slice(from, from + MESSAGES_A_BATCH))
    }
  }
}

function laneOf(env: Env, platform: Platform): Queue<DeliverMessage> {
  switch (platform) {
    case 'fcm':
      return env.DELIVER_FCM
    case 'apns':
      return env.DELIVER_APNS
    case 'webpush':
      return env.DELIVER_WEBPUSH
  }
}
