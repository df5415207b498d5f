/**
 * HPACK against two judges: the examples of RFC 7541 Appendix C, and hpack.js, which shares no code with ours.
 */
import fc from 'fast-check'
import hpackJs from 'hpack.js'
import { describe, expect, test } from 'vitest'
import { ConnectionFault } from './frames.ts'
import { type Field, HeaderDecoder } from './header-decoder.ts'
import { HeaderEncoder, type HeaderList } from './header-encoder.ts'
import { decodeHuffman } from './huffman.ts'
import { STATIC_TABLE } from './static-table.ts'

/** What is used of hpack.js. */
interface Judge {
  readonly compressor: {
    create(options: object): {
      write(headers: { name: string; value: string; huffman: boolean; incremental: boolean }[]): void
      read(): Buffer
    }
  }
  readonly decompressor: {
    create(options: object): {
      write(block: Buffer): void
      execute(): void
      read(): { name: string; value: string } | null
    }
  }
  readonly 'static-table': { readonly table: readonly { readonly name: string; readonly value: string }[] }
}
const judge = hpackJs as unknown as Judge

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('tables', () => {
  test('the static table is that of the RFC', () => {
    expect(STATIC_TABLE).toEqual(judge['static-table'].table.map(({ name, value }) => [name, value]))
  })
})

describe('decoding', () => {
  const literal: Field[] = [
    [':status', '302'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ]

  test('RFC 7541 C.3: requests without Huffman coding, one after another', () => {
    const decoder = new HeaderDecoder()
    const common: Field[] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ]
    expect(decoder.decode(hex('8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d'))).toEqual(common)
    expect(decoder.decode(hex('8286 84be 5808 6e6f 2d63 6163 6865'))).toEqual([
      ...common,
      ['cache-control', 'no-cache'],
    ])
  })

  test('RFC 7541 C.6: responses with Huffman coding, one after another', () => {
    const decoder = new HeaderDecoder()
    const first =
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3'
    expect(decoder.decode(hex(first))).toEqual(literal)
    expect(decoder.decode(hex('4883 640e ffc1 c0bf'))).toEqual([[':status', '307'], ...literal.slice(1)])
  })

  test('whatever hpack.js encodes, with its table and with Huffman coding', () => {
    const header = fc.record({
      name: fc.constantFrom(':status', 'apns-id', 'content-type', 'x-wns-status', 'retry-after'),
      // hpack.js takes a value such as 'valueOf' for one of its table; none begins with '='.
      value: fc.string({ maxLength: 300 }).map((text) => `=${text}`),
      huffman: fc.boolean(),
      incremental: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(fc.array(header, { maxLength: 8 }), { maxLength: 8 }), (blocks) => {
        const compressor = judge.compressor.create({ table: { maxSize: 4096 } })
        const decoder = new HeaderDecoder()
        for (const block of blocks) {
          compressor.write(block)
          const bytes = block.length === 0 ? Buffer.alloc(0) : compressor.read()
          expect(decoder.decode(bytes)).toEqual(block.map(({ name, value }) => [name, value]))
        }
      }),
    )
  })

  const malformed: [what: string, block: string][] = [
    ['an entry that is not there', 'fe'],
    ['index 0', '80'],
    ['a string that is cut short', '40 03 61'],
    ['an integer that is cut short', 'ff'],
    ['an integer without end', 'ff ff ff ff ff ff ff ff ff ff 7f'],
    ['a table larger than was agreed', '3f e2 1f'],
  ]
  test.each(malformed)('%s ends the connection', (_, block) => {
    expect(() => new HeaderDecoder().decode(hex(block))).toThrow(ConnectionFault)
  })

  const badHuffman: [what: string, bytes: string][] = [
    ['the end of a string', 'ff ff ff ff'],
    ['padding of a byte', '1f ff'],
    ['padding with zeros', '18'],
  ]
  test.each(badHuffman)('%s inside a Huffman string ends the connection', (_, bytes) => {
    expect(() => decodeHuffman(hex(bytes))).toThrow(ConnectionFault)
  })
})

describe('encoding', () => {
  /** A peer: decodes each block with hpack.js. */
  const peer = () => {
    const decompressor = judge.decompressor.create({ table: { maxSize: 4096 } })
    return (block: Buffer): Field[] => {
      decompressor.write(Buffer.from(block))
      decompressor.execute()
      const fields: Field[] = []
      for (let field = decompressor.read(); field; field = decompressor.read()) {
        fields.push([String(field.name), String(field.value)])
      }
      return fields
    }
  }
  const expected = (path: string, shared: HeaderList, own: Record<string, string> | null, bytes: number): Field[] => [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':authority', 'push.example'],
    [':path', path],
    ...shared,
    ...Object.entries(own ?? {}),
    ['content-length', String(bytes)],
  ]
  const shared: HeaderList = [
    ['authorization', `bearer ${'x'.repeat(250)}`],
    ['apns-topic', 'com.example.app'],
    ['apns-expiration', '1800000000'],
  ]

  test('the second request with the same headers names them by a byte each', () => {
    const encoder = new HeaderEncoder('push.example')
    const decode = peer()
    const lengths = ['/a', '/b', '/c'].map((path) => {
      const block = encoder.encode(path, shared, { 'apns-id': 'x' }, 7)
      expect(decode(block)).toEqual(expected(path, shared, { 'apns-id': 'x' }, 7))
      return block.length
    })
    expect(lengths[0]).toBeGreaterThan(300)
    expect(lengths[1]).toBeLessThan(40)
    expect(lengths[2]).toBe(lengths[1])
  })

  test('a peer without a table gets literals', () => {
    const encoder = new HeaderEncoder('push.example')
    const decode = peer()
    encoder.limitTable(0)
    for (const path of ['/a', '/b']) {
      expect(decode(encoder.encode(path, shared, null, 0))).toEqual(expected(path, shared, null, 0))
    }
  })

  test('hpack.js reads whatever we encode, however lists alternate and the table is limited', () => {
    const header = fc.tuple(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.stringMatching(/^[\x20-\x7e]{0,900}$/))
    const lists = fc.array(fc.array(header, { maxLength: 6 }), { minLength: 1, maxLength: 4 })
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ use: fc.nat(3), own: fc.option(fc.constant({ 'apns-id': 'abc' })) }) },
      { weight: 1, arbitrary: fc.record({ limit: fc.constantFrom(0, 100, 1000, 4096, 65_536) }) },
    )
    fc.assert(
      fc.property(lists, fc.array(step, { maxLength: 30 }), (sharedLists, steps) => {
        const encoder = new HeaderEncoder('push.example')
        const decode = peer()
        for (const next of steps) {
          if ('limit' in next) encoder.limitTable(next.limit)
          else {
            const list = sharedLists[next.use % sharedLists.length]!
            const block = encoder.encode('/path', list, next.own, 12_345)
            expect(decode(block)).toEqual(expected('/path', list, next.own, 12_345))
          }
        }
      }),
    )
  })
})
