import { describe, expect, it } from 'vitest'
import { holdSend, releaseSend } from './kept-send.ts'

const KEPT = { bodyHash: 'a', recipients: 3, holders: 1 }

describe('a send that was counted', () => {
  it('is held by every request that is the same, and by none with another body', () => {
    expect(holdSend(KEPT, 'a')).toEqual({ ...KEPT, holders: 2 })
    expect(holdSend(KEPT, 'b')).toBeNull()
  })

  it('stays until the last of them was refused', () => {
    expect(releaseSend({ ...KEPT, holders: 2 })).toEqual(KEPT)
    expect(releaseSend(KEPT)).toBeNull()
  })
})
