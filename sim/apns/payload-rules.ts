/**
 * The rules of a push's body. Pure: bytes in, the parsed payload or a reason out.
 *
 * Source: Apple, "Sending notification requests to APNs" (sizes). Apple's list has no reason for a body that is not
 * JSON; such a body holds no payload, so the simulator says `PayloadEmpty`.
 */
import type { Buffer } from 'node:buffer'
import type { Reason } from './reasons.ts'

/** Bytes of UTF-8, not characters. */
const MAX_PAYLOAD_BYTES = 4096
const MAX_VOIP_PAYLOAD_BYTES = 5120

export type Payload = Readonly<Record<string, unknown>>

export type PayloadReading =
  | { readonly payload: Payload; readonly reason: null }
  | { readonly payload: null; readonly reason: Reason }

export function readPayload(body: Buffer, pushType: string | undefined): PayloadReading {
  if (body.length === 0) return refuse('PayloadEmpty')
  if (body.length > (pushType === 'voip' ? MAX_VOIP_PAYLOAD_BYTES : MAX_PAYLOAD_BYTES)) {
    return refuse('PayloadTooLarge')
  }
  const payload = parseObject(body)
  return payload === null ? refuse('PayloadEmpty') : { payload, reason: null }
}

function refuse(reason: Reason): PayloadReading {
  return { payload: null, reason }
}

function parseObject(body: Buffer): Payload | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : null
  } catch {
    return null
  }
}
