import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { COMPRESSION_ERROR, ConnectionError } from './frames.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { encodeHeaders } from './header-encoder.ts'

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

const REQUESTS = [
  { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
  { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com', 'cache-control': 'no-cache' },
  {
    ':method': 'GET',
    ':scheme': 'https',
    ':path': '/index.html',
    ':authority': 'www.example.com',
    'custom-key': 'custom-value',
  },
]

describe('the vectors of RFC 7541', () => {
  it.each([
    {
      appendix: 'C.3, without Huffman',
      blocks: [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    },
    {
      appendix: 'C.4, with Huffman',
      blocks: [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
    },
  ])('decode: $appendix', ({ blocks }) => {
    const decoder = new HeaderDecoder()
    expect(blocks.map((block) => ({ ...decoder.decode(hex(block)) }))).toEqual(REQUESTS)
  })

  it.each([
    { appendix: 'C.2.1, literal with indexing', block: '400a637573746f6d2d6b65790d637573746f6d2d686561646572' },
    {
      appendix: 'C.2.2 in kind, literal without indexing',
      block: '000a637573746f6d2d6b65790d637573746f6d2d686561646572',
    },
    { appendix: 'C.2.3 in kind, literal never indexed', block: '100a637573746f6d2d6b65790d637573746f6d2d686561646572' },
  ])('decode: $appendix', ({ block }) => {
    expect({ ...new HeaderDecoder().decode(hex(block)) }).toEqual({ 'custom-key': 'custom-header' })
  })
})

describe('the dynamic table', () => {
  /** `name: value` as a literal with indexing. */
  function indexed(name: string, value: string): Buffer {
    return Buffer.concat([
      Buffer.from([0x40, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ])
  }
  const newest = Buffer.from([0x80 | 62])
  const second = Buffer.from([0x80 | 63])

  it('gives the newest entry the lowest index', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(indexed('a', '1'))
    decoder.decode(indexed('b', '2'))
    expect({ ...decoder.decode(Buffer.concat([newest, second])) }).toEqual({ a: '1', b: '2' })
  })

  it('means something else by the same bytes after it has changed', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(indexed('a', '1'))
    expect({ ...decoder.decode(newest) }).toEqual({ a: '1' })
    expect(decoder.decode(newest)).toBe(decoder.decode(newest))
    decoder.decode(indexed('b', '2'))
    expect({ ...decoder.decode(newest) }).toEqual({ b: '2' })
  })

  it('drops the oldest entries when it is made smaller', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(indexed('a', '1'))
    decoder.decode(indexed('b', '2'))
    // 34 bytes: room for one entry of a name and a value of one byte each.
    decoder.decode(hex('3f03'))
    expect({ ...decoder.decode(newest) }).toEqual({ b: '2' })
    expect(() => decoder.decode(second)).toThrow(ConnectionError)
  })

  it('keeps no entry that is larger than itself', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(Buffer.concat([hex('20'), indexed('a', '1')]))
    expect(() => decoder.decode(newest)).toThrow(ConnectionError)
  })
})

describe('a broken block', () => {
  it.each([
    { name: 'index 0', block: '80' },
    { name: 'an index beyond the tables', block: 'be' },
    { name: 'a name that ends too early', block: '4005 6162' },
    { name: 'a value that is missing', block: '4001 61' },
    { name: 'an integer without an end', block: 'ffffffffffffff' },
    { name: 'a table above what we allowed', block: '3fe2ff01' },
    { name: 'Huffman padding of zeros', block: '4001 61 81 00' },
    { name: 'Huffman padding of a whole byte', block: '4001 61 82 1f ff' },
    { name: 'the Huffman code of EOS', block: '4001 61 84 ff ff ff ff' },
  ])('is a compression error: $name', ({ block }) => {
    const decode = () => new HeaderDecoder().decode(hex(block))
    expect(decode).toThrow(expect.objectContaining({ code: COMPRESSION_ERROR }))
  })
})

describe('our own blocks', () => {
  it('decode to what was encoded', () => {
    const fields: [string, string][] = [
      [':status', '200'],
      [':status', '503'],
      ['content-type', 'application/json; charset=UTF-8'],
      ['retry-after', '2'],
      ['apns-id', 'x'.repeat(300)],
    ]
    const { ':status': status, ...rest } = new HeaderDecoder().decode(encodeHeaders(fields))
    expect(status).toBe('200, 503')
    expect(rest).toEqual(Object.fromEntries(fields.slice(2)))
  })

  it('join cookies with a semicolon and other repeated fields with a comma', () => {
    const block = encodeHeaders([
      ['cookie', 'a=1'],
      ['cookie', 'b=2'],
      ['accept', 'x'],
      ['accept', 'y'],
    ])
    expect({ ...new HeaderDecoder().decode(block) }).toEqual({ cookie: 'a=1; b=2', accept: 'x, y' })
  })
})
