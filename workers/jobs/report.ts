/**
 * What a consumer knows of its ticket and the ledger does not yet: gathers outcomes and settles them in parts, one
 * call at a time. A part renews the lease, so one is also sent when nothing came back for a while.
 */
import type { Lease, Settled, Settlement } from '../../durable-objects/rpc.ts'
import type { Outcome } from '../../push/outcome.ts'

/** Parts that fit a lease: it is renewed long before it runs out. */
const PARTS_A_LEASE = 4
/** But no later than this: after a crash, what was accepted and not settled is in doubt. */
const LONGEST_UNSETTLED_MS = 10_000
/** What was sent and is not settled would be sent again or be in doubt, so one failed call is not the end. */
const SETTLE_ATTEMPTS = 3

export class Report {
  /** False once the ledger says so: the lease ran out or the send was canceled. Then nothing more may leave. */
  holdsLease = true
  sawRenewal = false
  private readonly lease: Extract<Lease, { kind: 'leased' }>
  private readonly settle: (part: Settlement) => Promise<Settled>
  private readonly timer: ReturnType<typeof setInterval>
  private accepted: number[] = []
  private others: Settlement['others'][number][] = []
  private settling: Promise<void> | null = null

  /** Renews the lease from now on, until {@link close}. */
  constructor(
    lease: Extract<Lease, { kind: 'leased' }>,
    settle: (part: Settlement) => Promise<Settled>,
    leaseMs: number,
  ) {
    this.lease = lease
    this.settle = settle
    this.timer = setInterval(() => this.settlePart(), Math.min(LONGEST_UNSETTLED_MS, leaseMs / PARTS_A_LEASE))
  }

  /** Notes one outcome, by the recipient's place in the lease. */
  enter(index: number, outcome: Outcome): void {
    const { ordinal, deviceId } = this.lease.recipients[index]!
    if (outcome.kind === 'accepted') {
      this.accepted.push(ordinal)
      return
    }
    this.others.push({ ordinal, deviceId, outcome })
    if (outcome.kind === 'renew') this.sawRenewal = true
  }

  /** Settles what is left and ends the lease. Rejects if that is impossible: the lease runs out and the ticket comes back. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.settling
    const part = this.take(true)
    for (let attempt = 1; ; attempt++) {
      try {
        await this.settle(part)
        return
      } catch (error) {
        if (attempt === SETTLE_ATTEMPTS) throw error
        console.warn('a settlement is repeated', { attempt, error: String(error) })
      }
    }
  }

  private settlePart(): void {
    if (this.settling !== null) return
    const part = this.take(false)
    this.settling = this.settle(part)
      .then(({ held }) => {
        if (!held) this.holdsLease = false
      })
      .catch((error) => {
        // Not lost: it goes with the next part. The ledger enters what it knows already only once.
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
