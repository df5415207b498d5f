import { hashAddress } from '../../../push/address-hash.ts'
export const addressHashOf = (a: any) => hashAddress(a)
