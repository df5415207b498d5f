/**
 * Slots: everything is ordered by a 32-bit hash of the user id (of the device id when there is no user).
 * Pure and frozen: stored rows depend on it. MurmurHash3 x86 32-bit, seed 0 (Austin Appleby, public domain
 * algorithm), over the UTF-8 bytes.
 */

/** One more than the largest slot. */
export const SLOT_COUNT = 2 ** 32

/** The slot of a device: all devices of one user share it, so they sit next to each other. */
export function slotOf(device: { readonly userId: string | null; readonly deviceId: string }): number {
  return murmur3(device.userId === null ? `d:${device.deviceId}` : `u:${device.userId}`)
}

const encoder = new TextEncoder()

function murmur3(text: string): number {
  const bytes = encoder.encode(text)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = bytes.length & ~3
  let hash = 0
  for (let i = 0; i < blocks; i += 4) {
    hash ^= scramble(view.getUint32(i, true))
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | bytes[i]!
  if (bytes.length > blocks) hash ^= scramble(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
