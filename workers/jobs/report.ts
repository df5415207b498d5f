/**
 * What a consumer knows of its ticket and the ledger does not yet: gathers outcomes and settles them in parts, one
 * call at a time. A part renews the lease, so one is also sent when nothing came back for a while. Outcomes that blame
 * the push service or the credential wait for a verdict until the end: if the credential is held on their account,
 * their recipients go back as if nothing had been tried. Nobody of a ticket is tried again before its end anyway.
 */
import type { Lease, Settled, Settlement } from '../../durable-objects/rpc.ts'
import type { Hold } from '../../push/allowance.ts'
import type { Outcome } from '../../push/outcome.ts'
import { blameOf, mayHandBack } from '../../push/outcome-counts.ts'

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
  private readonly judge: () => Promise<Hold | null>
  private readonly timer: ReturnType<typeof setInterval>
  private accepted: number[] = []
  private others: Settlement['others'][number][] = []
  private blaming: Settlement['others'][number][] = []
  private hold: Hold | null = null
  private settling: Promise<void> | null = null

  /**
   * Renews the lease from now on, until {@link close}.
   *
   * @param calls `judge` says whether the credential is held; asked when there are outcomes that blame it
   */
  constructor(
    lease: Extract<Lease, { kind: 'leased' }>,
    calls: { settle(part: Settlement): Promise<Settled>; judge(): Promise<Hold | null> },
    leaseMs: number,
  ) {
    this.lease = lease
    this.settle = calls.settle
    this.judge = calls.judge
    this.timer = setInterval(() => this.settlePart(), Math.min(LONGEST_UNSETTLED_MS, leaseMs / PARTS_A_LEASE))
  }

  /** Notes one outcome, by the recipient's place in the lease. */
  enter(index: number, outcome: Outcome): void {
    const { ordinal, deviceId, address } = this.lease.recipients[index]!
    if (outcome.kind === 'accepted') {
      this.accepted.push(ordinal)
      return
    }
    const list = blameOf(outcome) === null ? this.others : this.blaming
    list.push({ ordinal, deviceId, outcome, ...(outcome.kind === 'unregistered' && { address: address.value }) })
    if (outcome.kind === 'renew') this.sawRenewal = true
  }

  /** What is left goes back when the ticket ends, and is not handed out again before the hold says so. */
  handBack(hold: Hold): void {
    this.hold = hold
  }

  /** Settles what is left and ends the lease. Rejects if that is impossible: the lease runs out and the ticket comes back. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.settling
    await this.enterBlaming()
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
    this.settling = this.settleOne().finally(() => {
      this.settling = null
    })
  }

  private async settleOne(): Promise<void> {
    const part = this.take(false)
    try {
      const { held } = await this.settle(part)
      if (!held) this.holdsLease = false
    } catch (error) {
      // Not lost: it goes with the next part. The ledger enters what it knows already only once.
      console.warn('a part was not settled', { error: String(error) })
      this.accepted.push(...part.accepted)
      this.others.push(...part.others)
    }
  }

  /** Usually nobody is blamed, and nobody is asked. */
  private async enterBlaming(): Promise<void> {
    if (this.blaming.length === 0) return
    const hold = await this.judge()
    const blaming = this.blaming
    this.blaming = []
    if (hold !== null) this.hold = hold
    for (const one of blaming) {
      if (hold === null || !mayHandBack(one.outcome, this.lease.guarantee)) this.others.push(one)
    }
  }

  private take(last: boolean): Settlement {
    // A hold that is over by now held nobody back at the end.
    const hold = last && this.hold !== null && this.hold.resumeAt > Date.now() ? this.hold : null
    const wait = { resumeAt: hold?.resumeAt ?? null, holdsLane: hold !== null && hold.cause !== 'pace' }
    const part = { leaseId: this.lease.leaseId, accepted: this.accepted, others: this.others, last, ...wait }
    this.accepted = []
    this.others = []
    return part
  }
}
