/** A member as its callers say it, and as its row in a ledger says it. */
import type { MemberRow } from '../schema/ledger/members.ts'
import type { Member } from './rpc.ts'

export function toRow({ address, ...rest }: Member): MemberRow {
  return { ...rest, addressKind: address.kind, address: address.value }
}

export function toMember({ addressKind, address, ...rest }: MemberRow): Member {
  return { ...rest, address: { kind: addressKind, value: address } }
}
