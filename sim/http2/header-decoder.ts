/**
 * HPACK decoding (RFC 7541) for one connection, with a memory for header blocks that come again.
 *
 * Most requests of a connection carry the very same bytes. A block that did not change the dynamic table means the
 * same as long as the table stays as it is, so its decoded headers are kept and handed out again without work.
 */
import type { Buffer } from 'node:buffer'
import hpack from 'hpack.js'
import { COMPRESSION_ERROR, ConnectionError } from './frames.ts'
import { decodeHuffman } from './huffman.ts'

interface Field {
  readonly name: string
  readonly value: string
}

const STATIC_TABLE: readonly Field[] = hpack['static-table'].table

/** SETTINGS_HEADER_TABLE_SIZE as nobody changed it (RFC 9113 §6.5.2). */
const MAX_TABLE_BYTES = 4096
/** What an entry costs beside its name and value (RFC 7541 §4.1). */
const ENTRY_OVERHEAD_BYTES = 32
/** Enough for one sender's handful of content lengths; emptied when the table changes or it is full. */
const MAX_REMEMBERED_BLOCKS = 512

/** Lower-case names, pseudo-headers with their colon. Repeated fields are joined as RFC 9110 §5.3 says. */
export type HeaderList = Readonly<Record<string, string>>

export class HeaderDecoder {
  /** Newest first. */
  readonly #dynamic: Field[] = []
  #dynamicBytes = 0
  #tableLimitBytes = MAX_TABLE_BYTES
  readonly #remembered = new Map<string, HeaderList>()
  #tableChanged = false
  #block!: Buffer
  #position = 0

  /**
   * Decodes a whole header block. The answer is shared between equal blocks: do not change it.
   *
   * @throws ConnectionError COMPRESSION_ERROR
   */
  decode(block: Buffer): HeaderList {
    const key = block.toString('latin1')
    const remembered = this.#remembered.get(key)
    if (remembered !== undefined) return remembered
    this.#tableChanged = false
    const headers = this.#decodeBlock(block)
    if (this.#tableChanged || this.#remembered.size >= MAX_REMEMBERED_BLOCKS) this.#remembered.clear()
    if (!this.#tableChanged) this.#remembered.set(key, headers)
    return headers
  }

  #decodeBlock(block: Buffer): HeaderList {
    this.#block = block
    this.#position = 0
    const headers: Record<string, string> = Object.create(null)
    while (this.#position < block.length) {
      const field = this.#decodeField(block[this.#position]!)
      if (field === null) continue
      const { name, value } = field
      const before = headers[name]
      headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
    }
    return headers
  }

  /** One representation (RFC 7541 §6), told apart by its first bits; null for a table size update. */
  #decodeField(first: number): Field | null {
    if ((first & 0x80) !== 0) return this.#lookUp(this.#decodeInteger(7))
    if ((first & 0x40) !== 0) {
      const field = this.#decodeLiteral(6)
      this.#add(field)
      return field
    }
    if ((first & 0x20) !== 0) {
      this.#resize(this.#decodeInteger(5))
      return null
    }
    return this.#decodeLiteral(4)
  }

  #decodeLiteral(prefixBits: number): Field {
    const index = this.#decodeInteger(prefixBits)
    const name = index === 0 ? this.#decodeString() : this.#lookUp(index).name
    return { name, value: this.#decodeString() }
  }

  /** RFC 7541 §5.1. */
  #decodeInteger(prefixBits: number): number {
    const max = (1 << prefixBits) - 1
    let value = this.#nextByte() & max
    if (value < max) return value
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw new ConnectionError(COMPRESSION_ERROR, 'an integer that is too long')
      const byte = this.#nextByte()
      value += (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
  }

  /** RFC 7541 §5.2. */
  #decodeString(): string {
    const isHuffman = ((this.#block[this.#position] ?? 0) & 0x80) !== 0
    const length = this.#decodeInteger(7)
    const start = this.#position
    const end = start + length
    if (end > this.#block.length) throw new ConnectionError(COMPRESSION_ERROR, 'a string beyond its block')
    this.#position = end
    return isHuffman ? decodeHuffman(this.#block.subarray(start, end)) : this.#block.toString('latin1', start, end)
  }

  #nextByte(): number {
    const byte = this.#block[this.#position]
    if (byte === undefined) throw new ConnectionError(COMPRESSION_ERROR, 'a header block that ends too early')
    this.#position += 1
    return byte
  }

  #lookUp(index: number): Field {
    const field =
      index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.#dynamic[index - STATIC_TABLE.length - 1]
    if (field === undefined) throw new ConnectionError(COMPRESSION_ERROR, `no field at index ${index}`)
    return field
  }

  #add(field: Field): void {
    this.#tableChanged = true
    this.#dynamic.unshift(field)
    this.#dynamicBytes += bytesOf(field)
    this.#evict()
  }

  #resize(limitBytes: number): void {
    if (limitBytes > MAX_TABLE_BYTES) throw new ConnectionError(COMPRESSION_ERROR, `a table of ${limitBytes} bytes`)
    this.#tableChanged = true
    this.#tableLimitBytes = limitBytes
    this.#evict()
  }

  /** RFC 7541 §4.3: the oldest go first. */
  #evict(): void {
    while (this.#dynamicBytes > this.#tableLimitBytes) this.#dynamicBytes -= bytesOf(this.#dynamic.pop()!)
  }
}

function bytesOf({ name, value }: Field): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES
}
