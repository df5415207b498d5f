/**
 * Whether bytes are a public key of the curve P-256 (SEC 2 §2.4.2; FIPS 186-5, "NIST P-256"). Synchronous, because an
 * import checks thousands of subscriptions at the door. May not be used with secrets: BigInt is not constant-time.
 */

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** 0x04 and two coordinates of 32 bytes (SEC 1 §2.3.3): the only form that Web Push uses (RFC 8291 §3.2). */
export const UNCOMPRESSED_POINT_BYTES = 65
const COORDINATE_BYTES = 32

/** Whether `bytes` is an uncompressed point that satisfies y² = x³ − 3x + b modulo p. */
export function isP256Point(bytes: Uint8Array): boolean {
  if (bytes.length !== UNCOMPRESSED_POINT_BYTES || bytes[0] !== 4) return false
  const x = readCoordinate(bytes, 1)
  const y = readCoordinate(bytes, 1 + COORDINATE_BYTES)
  if (x >= P || y >= P) return false
  return (y * y - (x * x * x - 3n * x + B)) % P === 0n
}

function readCoordinate(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, COORDINATE_BYTES)
  let value = 0n
  for (let i = 0; i < COORDINATE_BYTES; i += 8) value = (value << 64n) | view.getBigUint64(i)
  return value
}
