/**
 * One ticket from lease to settlement. Sequences only: who is in the ticket and what an outcome means for them is
 * the ledger's decision, how to build and read is the provider's, carrying is the transport's.
 */
import type { Lease, Retirement, Settlement } from '../../durable-objects/rpc.ts'
import { ledgerNamed } from '../../durable-objects/stubs.ts'
import type { Answer, Outcome } from '../../push/outcome.ts'
import type { DeliverMessage } from '../../schema/queue-messages.ts'
import { retireDevices } from './retire.ts'
import { noteRefused, prepareSender } from './sender.ts'
import type { Transport } from './transport.ts'

type Leased = Extract<Lease, { kind: 'leased' }>

/** Parts of a lease's time after which what is known is settled, which renews the lease. */
const SETTLEMENTS_A_LEASE = 4
/** But no later than this: after a crash, what was accepted and not settled is in doubt. */
const LONGEST_UNSETTLED_MS = 10_000

/** What was sent and is not settled would be sent again or be in doubt, so one failed call is not the end. */
const SETTLE_ATTEMPTS = 3

export async function deliverTicket(env: Env, message: DeliverMessage, transport: Transport): Promise<void> {
  const { notificationId, ticket } = message
  // A stub per call: after an exception a stub may be broken for good.
  const ledger = () => ledgerNamed(env, message.ledger)
  const lease = await ledger().lease(notificationId, ticket)
  if (lease.kind === 'nothing') return
  const retire = async (retirements: Retirement[]) => {
    if (retirements.length === 0) return
    await retireDevices(env, lease.appId, retirements)
    await ledger().confirmRetirements(notificationId, ticket)
  }
  await retire(lease.retirements)
  if (lease.recipients.length === 0) return
  const settle = async (part: Settlement) => retire(await ledger().settle(notificationId, ticket, part))
  const everyMs = Math.min(LONGEST_UNSETTLED_MS, (Number(env.LEASE_SECONDS) * 1000) / SETTLEMENTS_A_LEASE)
  await carryLease(env, lease, transport, new Report(lease, settle, everyMs))
}

async function carryLease(env: Env, lease: Leased, transport: Transport, report: Report): Promise<void> {
  const sender = await prepareSender(env, lease)
  if (sender.kind === 'unable') {
    for (const index of lease.recipients.keys()) report.enter(index, sender.outcome)
    return await report.close()
  }
  const { recipients } = lease
  const sendable: number[] = []
  recipients.forEach((recipient, index) => {
    const refusal = sender.refusal(recipient)
    if (refusal) report.enter(index, refusal)
    else sendable.push(index)
  })
  const onAnswer = (position: number, answer: Answer) => report.enter(sendable[position]!, sender.read(answer))
  await transport.carry(
    sendable.length,
    (position) => sender.build(recipients[sendable[position]!]!),
    onAnswer,
    sender.pool,
  )
  if (report.sawRenewal) noteRefused(lease)
  await report.close()
}

/** Gathers outcomes and settles them in parts, one call at a time. */
class Report {
  sawRenewal = false
  private readonly lease: Leased
  private readonly settle: (part: Settlement) => Promise<void>
  private readonly everyMs: number
  private accepted: number[] = []
  private others: Settlement['others'][number][] = []
  private settledAt = Date.now()
  private settling: Promise<void> | null = null

  constructor(lease: Leased, settle: (part: Settlement) => Promise<void>, everyMs: number) {
    this.lease = lease
    this.settle = settle
    this.everyMs = everyMs
  }

  /** Notes one outcome; now and then this settles a part in the background. */
  enter(index: number, outcome: Outcome): void {
    const { ordinal, deviceId } = this.lease.recipients[index]!
    if (outcome.kind === 'accepted') this.accepted.push(ordinal)
    else {
      this.others.push({ ordinal, deviceId, outcome })
      if (outcome.kind === 'renew') this.sawRenewal = true
    }
    if (this.settling === null && Date.now() - this.settledAt >= this.everyMs) this.settlePart()
  }

  /** Settles what is left and ends the lease. Rejects if that is impossible: the lease runs out and the ticket comes back. */
  async close(): Promise<void> {
    await this.settling
    const part = this.take(true)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.settle(part)
      } catch (error) {
        if (attempt === SETTLE_ATTEMPTS) throw error
        console.warn('a settlement is repeated', { attempt, error: String(error) })
      }
    }
  }

  private settlePart(): void {
    this.settledAt = Date.now()
    const part = this.take(false)
    this.settling = this.settle(part)
      .catch((error) => {
        // Not lost: it goes with the next part. Entering an outcome twice changes nothing.
        console.warn('a part was not settled', { error: String(error) })
        this.accepted.push(...part.accepted)
        this.others.push(...part.others)
      })
      .finally(() => {
        this.settling = null
      })
  }

  private take(last: boolean): Settlement {
    const part = { leaseId: this.lease.leaseId, accepted: this.accepted, others: this.others, last }
    this.accepted = []
    this.others = []
    return part
  }
}
