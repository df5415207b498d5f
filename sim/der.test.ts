import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import * as der from './der.ts'

describe('DER', () => {
  it.each([
    { name: 'true', bytes: der.boolean(true), hex: '0101ff' },
    { name: 'an integer', bytes: der.integer(Buffer.from([0x12])), hex: '020112' },
    { name: 'an integer with its high bit set', bytes: der.integer(Buffer.from([0x80])), hex: '02020080' },
    { name: 'an integer without leading zeros', bytes: der.integer(Buffer.from([0, 0, 5])), hex: '020105' },
    { name: 'zero', bytes: der.integer(Buffer.from([0])), hex: '020100' },
    { name: 'a bit string', bytes: der.bitString(Buffer.from([0xaa])), hex: '030200aa' },
    { name: 'the bit digitalSignature', bytes: der.namedBits(0), hex: '03020780' },
    { name: 'the bits keyCertSign and cRLSign', bytes: der.namedBits(5, 6), hex: '03020106' },
    { name: 'an object identifier', bytes: der.oid('1.2.840.10045.4.3.2'), hex: '06082a8648ce3d040302' },
    { name: 'a time', bytes: der.utcTime(Date.UTC(2026, 10, 22, 23, 59, 1)), hex: '170d3236313132323233353930315a' },
    { name: 'a sequence', bytes: der.sequence(der.boolean(false), der.utf8String('é')), hex: '30070101000c02c3a9' },
    { name: 'an explicit tag', bytes: der.explicit(3, der.boolean(true)), hex: 'a3030101ff' },
    { name: 'an implicit tag', bytes: der.implicit(7, Buffer.from([127, 0, 0, 1])), hex: '87047f000001' },
  ])('writes $name', ({ bytes, hex }) => {
    expect(bytes.toString('hex')).toBe(hex)
  })

  it.each([
    { length: 127, head: '047f' },
    { length: 128, head: '048180' },
    { length: 255, head: '0481ff' },
    { length: 256, head: '04820100' },
    { length: 70_000, head: '0483011170' },
  ])('writes the length $length', ({ length, head }) => {
    const bytes = der.octetString(Buffer.alloc(length))
    expect(bytes.subarray(0, head.length / 2).toString('hex')).toBe(head)
    expect(bytes.length).toBe(length + head.length / 2)
  })
})
