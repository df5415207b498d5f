/**
 * Where the name of a webhook's host leads, asked just before it is connected to: a name that was public when it was set
 * may lead to a private address by now (DNS rebinding). The connection asks again by itself, so a name that changes in
 * between gets through; on Cloudflare it finds nothing private there, because a Worker reaches the public internet only.
 */
import * as z from 'zod'
import { ADDRESS_RECORDS, type DnsRecord, judgeAddresses } from '../../push/dns-answer.ts'
import type { WebhookFailure } from '../../push/webhook-retry.ts'

/** https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/ */
const dnsAnswer = z.object({
  /** RFC 1035 §4.1.1: 0 is an answer, anything else none. */
  Status: z.literal(0),
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).default([]),
})

/** Why the host may not be connected to; null: it may. A resolver that does not answer is a reason too. */
export async function refuseHost(env: Env, hostname: string, signal: AbortSignal): Promise<WebhookFailure | null> {
  const records: DnsRecord[] = []
  // One after the other: an invocation has six connections, and its other deliveries want theirs.
  for (const type of Object.keys(ADDRESS_RECORDS)) {
    const found = await ask(env.WEBHOOK_DNS_URL, hostname, type, signal)
    if (found === null) return 'name_not_resolved'
    records.push(...found)
  }
  return judgeAddresses(records)
}

/** Null, and a line in the log: the resolver gave no answer that could be read. */
async function ask(resolver: string, name: string, type: string, signal: AbortSignal): Promise<DnsRecord[] | null> {
  try {
    const url = `${resolver}?${new URLSearchParams({ name, type })}`
    const response = await fetch(url, { headers: { accept: 'application/dns-json' }, signal })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return dnsAnswer.parse(await response.json()).Answer
  } catch (error) {
    console.warn('a name was not resolved', { name, type, error: String(error) })
    return null
  }
}
