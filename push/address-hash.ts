/** The fingerprint by which the same address is recognised as the same device. Pure. */
import { base64url } from 'jose'
import type { Address } from './device.ts'

/** base64url of SHA-256 over kind and value. Frozen: stored rows are found by it. */
export async function hashAddress(address: Address): Promise<string> {
  const text = new TextEncoder().encode(`${address.kind}\0${address.value}`)
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', text)))
}
