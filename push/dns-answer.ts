/** What DNS over HTTPS says about a host, and whether a webhook may go there. Pure. */
import { isPublicAddress } from './ip-address.ts'
import type { WebhookFailure } from './webhook-retry.ts'

/** Record types that hold an address (RFC 1035 §3.2.2, RFC 3596 §2.1). Others in an answer are the names on the way. */
export const ADDRESS_RECORDS = { A: 1, AAAA: 28 } as const

/** A record as the JSON form of DNS over HTTPS has it. */
export interface DnsRecord {
  readonly type: number
  readonly data: string
}

/**
 * Why not; null: every address that the name has is on the public internet. One that is not is enough to refuse: nobody
 * knows which one is connected to.
 */
export function judgeAddresses(records: readonly DnsRecord[]): WebhookFailure | null {
  const types: readonly number[] = Object.values(ADDRESS_RECORDS)
  const addresses = records.filter(({ type }) => types.includes(type)).map(({ data }) => data)
  if (addresses.length === 0) return 'name_not_resolved'
  return addresses.every(isPublicAddress) ? null : 'private_address'
}
