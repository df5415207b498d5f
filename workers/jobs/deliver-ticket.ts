/**
 * One ticket from lease to settlement. Sequences only: who is in the ticket and what an outcome means for them is
 * the ledger's decision, how to build and read is the provider's, how fast is the pace's, carrying is the transport's.
 */
import type { Lease, Retirement, Settled, Settlement } from '../../durable-objects/rpc.ts'
import { ledgerNamed } from '../../durable-objects/stubs.ts'
import type { Answer, Outcome } from '../../push/outcome.ts'
import type { DeliverMessage } from '../../schema/queue-messages.ts'
import { Pace } from './pace.ts'
import { Report } from './report.ts'
import { retireDevices } from './retire.ts'
import { prepareSender, type Sender } from './sender.ts'
import { watchStalls } from './stuck-work.ts'
import type { Impression, Transport } from './transport.ts'

type Leased = Extract<Lease, { kind: 'leased' }>

/** @param stopAt epoch ms; no push leaves after it, and what is left goes back to the ledger */
export async function deliverTicket(
  env: Env,
  message: DeliverMessage,
  transport: Transport,
  stopAt: number,
): Promise<void> {
  const pace = new Pace(env, message, isSingle(message))
  try {
    if (await beginTicket(env, message, pace)) return
    await deliverPaced(env, message, transport, pace, stopAt)
  } finally {
    await pace.close()
  }
}

/** Sends to users and devices have their ledger in the notification: somebody waits for each. */
function isSingle({ ledger }: DeliverMessage): boolean {
  return ledger.kind === 'notification'
}

/** Lets a ticket wait whose credential is held, before anybody has leased it. @returns whether it waits */
async function beginTicket(env: Env, message: DeliverMessage, pace: Pace): Promise<boolean> {
  // A single send is leased while its pace is asked: it is rarely held.
  const hold = isSingle(message) ? pace.knownHold : await pace.gate()
  if (hold === null) return false
  const { cause, resumeAt } = hold
  const postponement = { resumeAt, holdsLane: cause !== 'pace' }
  return await ledgerNamed(env, message.ledger).postpone(message.notificationId, message.ticket, postponement)
}

async function deliverPaced(
  env: Env,
  message: DeliverMessage,
  transport: Transport,
  pace: Pace,
  stopAt: number,
): Promise<void> {
  const { notificationId, ticket } = message
  // A stub per call: after an exception a stub may be broken for good.
  const ledger = () => ledgerNamed(env, message.ledger)
  const [lease] = await Promise.all([ledger().lease(notificationId, ticket), pace.gate()])
  if (lease.kind === 'nothing') return
  const retire = (retirements: readonly Retirement[]) =>
    retireSurely(env, lease, retirements, pace, () => ledger().confirmRetirements(notificationId, ticket))
  await retire(lease.retirements)
  if (lease.recipients.length === 0) return
  const settle = async (part: Settlement): Promise<Settled> => {
    const settled = await ledger().settle(notificationId, ticket, part)
    await retire(settled.retirements)
    return settled
  }
  const report = new Report(lease, { settle, judge: () => pace.judge() }, Number(env.LEASE_SECONDS) * 1000)
  await watchStalls(env, message, lease.stalls, async () => {
    try {
      const mayGoOn = () => report.holdsLease && !pace.isStopped && Date.now() < stopAt
      await carryLease(env, lease, transport, report, pace, mayGoOn)
    } finally {
      await report.close()
    }
  })
}

async function carryLease(
  env: Env,
  lease: Leased,
  transport: Transport,
  report: Report,
  pace: Pace,
  mayGoOn: () => boolean,
): Promise<void> {
  const sender = await prepareSurely(env, lease, pace)
  pace.useVersion(sender.version)
  if (sender.kind === 'unable') {
    if (sender.outcome.kind === 'refused') return refuseAll(lease, report, sender.outcome)
    return report.handBack(await pace.noteUnable(sender.outcome, lease.recipients.length))
  }
  const { recipients } = lease
  const sendable: number[] = []
  for (const [index, recipient] of recipients.entries()) {
    const refusal = sender.refusal(recipient)
    if (refusal) report.enter(index, refusal)
    else sendable.push(index)
  }
  await carryPaced(sender, lease, sendable, transport, report, pace, mayGoOn)
  if (report.sawRenewal) sender.noteRefused()
}

/** There is nothing to wait for: the app was deleted. */
function refuseAll({ recipients }: Leased, report: Report, outcome: Outcome): void {
  for (const index of recipients.keys()) report.enter(index, outcome)
}

/** Carries as many at a time as the pace allows: usually all of them at once. */
async function carryPaced(
  sender: Extract<Sender, { kind: 'able' }>,
  { recipients }: Leased,
  sendable: readonly number[],
  transport: Transport,
  report: Report,
  pace: Pace,
  mayGoOn: () => boolean,
): Promise<void> {
  for (let from = 0; from < sendable.length; ) {
    const drawn = await pace.draw(sendable.length - from)
    if (typeof drawn !== 'number') return report.handBack(drawn)
    let unanswered = drawn
    const first = from
    const build = (position: number) => sender.build(recipients[sendable[first + position]!]!)
    const onAnswer = (position: number, answer: Answer): Impression => {
      const now = Date.now()
      const outcome = sender.read(answer, now)
      unanswered--
      pace.note(outcome, now)
      report.enter(sendable[first + position]!, outcome)
      return outcome.kind === 'suspect' ? 'suspect' : 'fine'
    }
    await transport.carry(drawn, build, onAnswer, sender.pool, mayGoOn)
    from += drawn
    pace.putBack(unanswered)
    if (unanswered === 0) continue
    const stop = pace.knownHold
    return stop === null ? undefined : report.handBack(stop)
  }
}

/** Nothing was sent yet, so a table or an object that does not answer is a reason to wait, in either guarantee. */
async function prepareSurely(env: Env, lease: Leased, pace: Pace): Promise<Sender> {
  try {
    return await prepareSender(env, lease, pace.leastVersion)
  } catch (error) {
    console.error('a ticket could not be prepared', { appId: lease.appId, error: String(error) })
    return { kind: 'unable', outcome: { kind: 'unanswered', sent: 'no', reason: 'not_prepared' }, version: null }
  }
}

/** A retirement that fails keeps its mark in the ledger, whose alarm brings it back; the settlement stands. */
async function retireSurely(
  env: Env,
  { appId }: Leased,
  retirements: readonly Retirement[],
  pace: Pace,
  confirm: () => Promise<void>,
): Promise<void> {
  if (retirements.length === 0) return
  try {
    // So many may be called dead that it is not to be believed: then they are not retired for good.
    await pace.hear()
    await retireDevices(env, appId, retirements, pace.quarantine)
    await confirm()
  } catch (error) {
    console.error('devices were not retired, the alarm repeats it', { appId, error: String(error) })
  }
}
