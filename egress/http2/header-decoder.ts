/**
 * HPACK decoding (RFC 7541 section 6): header blocks of one connection, in the order in which they came. Keeps the
 * dynamic table that the peer fills.
 */
import { COMPRESSION_ERROR, ConnectionFault } from './frames.ts'
import { decodeHuffman } from './huffman.ts'
import { DEFAULT_TABLE_BYTES, entryBytes, STATIC_TABLE } from './static-table.ts'

/** One header field. Names are lower-case, pseudo headers begin with a colon. */
export type Field = readonly [name: string, value: string]

/** An integer above this is an attack, not a length. */
const MAX_INTEGER = 2 ** 24

export class HeaderDecoder {
  /** The newest entry comes last. */
  readonly #table: Field[] = []
  #tableBytes = 0
  #maxTableBytes = DEFAULT_TABLE_BYTES
  #block: Buffer = Buffer.alloc(0)
  #at = 0

  /** @throws {ConnectionFault} when the block is malformed; the connection cannot go on then */
  decode(block: Buffer): Field[] {
    this.#block = block
    this.#at = 0
    const fields: Field[] = []
    while (this.#at < block.length) {
      const first = block[this.#at]!
      if (first >= 0x80) fields.push(this.#entry(this.#integer(7)))
      else if (first >= 0x40) fields.push(this.#remember(this.#literal(6)))
      else if (first >= 0x20) this.#resize(this.#integer(5))
      else fields.push(this.#literal(4))
    }
    return fields
  }

  #literal(prefixBits: number): Field {
    const nameIndex = this.#integer(prefixBits)
    const name = nameIndex === 0 ? this.#string() : this.#entry(nameIndex)[0]
    return [name, this.#string()]
  }

  #entry(index: number): Field {
    const field = STATIC_TABLE[index - 1] ?? this.#table[this.#table.length - (index - STATIC_TABLE.length)]
    if (field === undefined) throw malformed(`no entry ${index}`)
    return field
  }

  #remember(field: Field): Field {
    this.#table.push(field)
    this.#tableBytes += entryBytes(...field)
    this.#evict()
    return field
  }

  #resize(maxBytes: number): void {
    if (maxBytes > DEFAULT_TABLE_BYTES) throw malformed(`a table of ${maxBytes} bytes`)
    this.#maxTableBytes = maxBytes
    this.#evict()
  }

  #evict(): void {
    while (this.#tableBytes > this.#maxTableBytes) this.#tableBytes -= entryBytes(...this.#table.shift()!)
  }

  /** RFC 7541 section 5.1. */
  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1
    let value = this.#byte() & mask
    if (value < mask) return value
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** shift
      if (value > MAX_INTEGER) throw malformed('an integer out of all proportion')
      if (byte < 0x80) return value
    }
  }

  #string(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80
    const length = this.#integer(7)
    const end = this.#at + length
    if (end > this.#block.length) throw malformed('a string that is cut short')
    const bytes = this.#block.subarray(this.#at, end)
    this.#at = end
    return isHuffman ? decodeHuffman(bytes) : bytes.toString('latin1')
  }

  #byte(): number {
    const byte = this.#block[this.#at++]
    if (byte === undefined) throw malformed('a block that is cut short')
    return byte
  }
}

function malformed(what: string): ConnectionFault {
  return new ConnectionFault(COMPRESSION_ERROR, `malformed header block: ${what}`)
}
