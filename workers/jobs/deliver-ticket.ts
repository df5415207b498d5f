/**
 * One ticket from lease to settlement. Sequences only: who is in the ticket and what an outcome means for them is
 * the ledger's decision, how to build and read is the provider's, carrying is the transport's.
 */
import type { Lease, Retirement, Settled, Settlement } from '../../durable-objects/rpc.ts'
import { ledgerNamed } from '../../durable-objects/stubs.ts'
import type { Answer } from '../../push/outcome.ts'
import type { DeliverMessage } from '../../schema/queue-messages.ts'
import { Report } from './report.ts'
import { retireDevices } from './retire.ts'
import { noteRefused, prepareSender, type Sender } from './sender.ts'
import type { Transport } from './transport.ts'

type Leased = Extract<Lease, { kind: 'leased' }>

/** @param stopAt epoch ms; no push leaves after it, and what is left goes back to the ledger */
export async function deliverTicket(
  env: Env,
  message: DeliverMessage,
  transport: Transport,
  stopAt: number,
): Promise<void> {
  const { notificationId, ticket } = message
  // A stub per call: after an exception a stub may be broken for good.
  const ledger = () => ledgerNamed(env, message.ledger)
  const lease = await ledger().lease(notificationId, ticket)
  if (lease.kind === 'nothing') return
  const retire = (retirements: readonly Retirement[]) =>
    retireSurely(env, lease, retirements, () => ledger().confirmRetirements(notificationId, ticket))
  await retire(lease.retirements)
  if (lease.recipients.length === 0) return
  const settle = async (part: Settlement): Promise<Settled> => {
    const settled = await ledger().settle(notificationId, ticket, part)
    await retire(settled.retirements)
    return settled
  }
  const report = new Report(lease, settle, Number(env.LEASE_SECONDS) * 1000)
  try {
    await carryLease(env, lease, transport, report, () => report.holdsLease && Date.now() < stopAt)
  } finally {
    await report.close()
  }
}

async function carryLease(
  env: Env,
  lease: Leased,
  transport: Transport,
  report: Report,
  mayGoOn: () => boolean,
): Promise<void> {
  const sender = await prepareSurely(env, lease)
  if (sender.kind === 'unable') {
    for (const index of lease.recipients.keys()) report.enter(index, sender.outcome)
    return
  }
  const { recipients } = lease
  const sendable: number[] = []
  for (const [index, recipient] of recipients.entries()) {
    const refusal = sender.refusal(recipient)
    if (refusal) report.enter(index, refusal)
    else sendable.push(index)
  }
  const build = (position: number) => sender.build(recipients[sendable[position]!]!)
  const onAnswer = (position: number, answer: Answer) => report.enter(sendable[position]!, sender.read(answer))
  await transport.carry(sendable.length, build, onAnswer, sender.pool, mayGoOn)
  if (report.sawRenewal) noteRefused(lease)
}

/** Nothing was sent yet, so a table or an object that does not answer is a reason to try again, in either guarantee. */
async function prepareSurely(env: Env, lease: Leased): Promise<Sender> {
  try {
    return await prepareSender(env, lease)
  } catch (error) {
    console.error('a ticket could not be prepared', { appId: lease.appId, error: String(error) })
    return { kind: 'unable', outcome: { kind: 'unanswered', sent: 'no', reason: 'not_prepared' } }
  }
}

/** A retirement that fails keeps its mark in the ledger, whose alarm brings it back; the settlement stands. */
async function retireSurely(
  env: Env,
  { appId }: Leased,
  retirements: readonly Retirement[],
  confirm: () => Promise<void>,
): Promise<void> {
  if (retirements.length === 0) return
  try {
    await retireDevices(env, appId, retirements)
    await confirm()
  } catch (error) {
    console.error('devices were not retired, the alarm repeats it', { appId, error: String(error) })
  }
}
