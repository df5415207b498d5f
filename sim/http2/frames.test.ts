import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { buildFrame, ConnectionError, DATA, FrameReader, HEADERS, PADDED, PING, stripPadding } from './frames.ts'

interface SeenFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: string
}

function readInChunks(bytes: Buffer, chunkBytes: number): SeenFrame[] {
  const reader = new FrameReader()
  const seen: SeenFrame[] = []
  for (let position = 0; position < bytes.length; position += chunkBytes) {
    reader.read(bytes.subarray(position, position + chunkBytes), (type, flags, streamId, payload) =>
      seen.push({ type, flags, streamId, payload: payload.toString('latin1') }),
    )
  }
  return seen
}

describe('the frame reader', () => {
  const bytes = Buffer.concat([
    buildFrame(HEADERS, 4, 1, Buffer.from('headers')),
    buildFrame(PING, 0, 0, Buffer.alloc(0)),
    buildFrame(DATA, 1, 0x7fffffff, Buffer.from('x'.repeat(300))),
  ])
  const expected = [
    { type: HEADERS, flags: 4, streamId: 1, payload: 'headers' },
    { type: PING, flags: 0, streamId: 0, payload: '' },
    { type: DATA, flags: 1, streamId: 0x7fffffff, payload: 'x'.repeat(300) },
  ]

  it.each([1, 2, 7, 9, 10, 16, 100, 1000])('finds the same frames in chunks of %i bytes', (chunkBytes) => {
    expect(readInChunks(bytes, chunkBytes)).toEqual(expected)
  })

  it('ignores the reserved bit of a stream id', () => {
    const frame = buildFrame(DATA, 0, 5, Buffer.from('a'))
    frame[5]! |= 0x80
    expect(readInChunks(frame, 100)[0]).toMatchObject({ streamId: 5 })
  })

  it('refuses a frame above 16,384 bytes by its header alone', () => {
    const header = buildFrame(DATA, 0, 1, Buffer.alloc(16_385)).subarray(0, 9)
    expect(() => readInChunks(header, 9)).toThrow(ConnectionError)
  })
})

describe('padding', () => {
  it.each([
    { name: 'no padding', payload: 'abc', flags: 0, priority: false, expected: 'abc' },
    { name: 'padding', payload: '\x02abc\0\0', flags: PADDED, priority: false, expected: 'abc' },
    { name: 'padding of length 0', payload: '\0abc', flags: PADDED, priority: false, expected: 'abc' },
    { name: 'nothing but padding', payload: '\x02\0\0', flags: PADDED, priority: false, expected: '' },
    { name: 'priority', payload: '12345abc', flags: 0, priority: true, expected: 'abc' },
    { name: 'padding and priority', payload: '\x0112345abc\0', flags: PADDED, priority: true, expected: 'abc' },
  ])('takes off $name', ({ payload, flags, priority, expected }) => {
    expect(stripPadding(Buffer.from(payload, 'latin1'), flags, priority).toString('latin1')).toBe(expected)
  })

  it.each([
    { name: 'more padding than payload', payload: '\x05abc', priority: false },
    { name: 'no pad length', payload: '', priority: false },
    { name: 'no room for the priority', payload: '\x00123', priority: true },
  ])('refuses $name', ({ payload, priority }) => {
    expect(() => stripPadding(Buffer.from(payload, 'latin1'), PADDED, priority)).toThrow(ConnectionError)
  })
})
