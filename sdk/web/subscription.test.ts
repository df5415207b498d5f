import { expect, it } from 'vitest'
import { encodeBase64url } from './subscription.ts'

it.each([[[]], [[0]], [[251, 239, 190]], [[255, 255]], [Array.from({ length: 65 }, (_, i) => i * 3)]])(
  'bytes become base64url as everybody else writes it',
  (bytes) => {
    expect(encodeBase64url(Uint8Array.from(bytes))).toBe(Buffer.from(bytes).toString('base64url'))
  },
)
