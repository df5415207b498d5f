/**
 * HPACK encoding (RFC 7541 section 6) for one connection that sends many requests which are nearly alike: what a
 * ticket's requests share goes into the peer's dynamic table once and is a byte afterwards; what is a request's own is
 * sent literally and never stored. No Huffman: it saves bytes, but costs more time than they do.
 */
import { DEFAULT_TABLE_BYTES, entryBytes, STATIC_TABLE } from './static-table.ts'

/** Headers that many requests share. Recognised by identity, so the list must not change. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** Names of the static table, at their first place. */
const STATIC_NAMES = new Map(STATIC_TABLE.map(([name], position) => [name, position + 1] as const).reverse())

/** `:method: POST`, `:scheme: https`. */
const POST_HTTPS = Buffer.from([0x83, 0x87])

/** A shared list leaves room in the table for another one, so that two tickets side by side do not evict each other. */
const TABLE_SHARE_OF_A_LIST = 0.5

/** Room for any block: the wire bounds what a request may bring. */
const SCRATCH_BYTES = 32_768

export class HeaderEncoder {
  readonly #authority: HeaderList
  readonly #scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  #length = 0

  /** Sizes of the entries in the peer's table, the oldest first. */
  readonly #entries: { readonly key: string; readonly bytes: number }[] = []
  /** Which entry, counted since the beginning of the connection, holds a field. */
  readonly #positions = new Map<string, number>()
  #inserted = 0
  #tableBytes = 0
  #maxTableBytes = DEFAULT_TABLE_BYTES
  /** Sizes of the table that the next block has to say (RFC 7541 section 4.2). */
  #unsaidSizes: number[] = []
  /** Lists that are all in the table, encoded; good while the table stays as it is. */
  #encoded = new WeakMap<HeaderList, Buffer>()

  constructor(authority: string) {
    this.#authority = [[':authority', authority]]
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE: a table may be smaller, and its new size is said in the next block. */
  limitTable(bytes: number): void {
    const maxTableBytes = Math.min(bytes, DEFAULT_TABLE_BYTES)
    if (maxTableBytes === this.#maxTableBytes) return
    this.#maxTableBytes = maxTableBytes
    this.#unsaidSizes.push(maxTableBytes)
    this.#evict()
  }

  /**
   * The header block of a POST.
   *
   * @returns a view that is valid until the next call
   */
  encode(path: string, shared: HeaderList, own: Readonly<Record<string, string>> | null, bodyBytes: number): Buffer {
    this.#length = 0
    if (this.#unsaidSizes.length > 0) this.#saySizes()
    this.#append(POST_HTTPS)
    this.#shared(this.#authority)
    this.#literal(0x00, 4, ':path', path)
    this.#shared(shared)
    for (const name in own) this.#literal(0x00, 4, name, own[name]!)
    this.#literal(0x00, 4, 'content-length', String(bodyBytes))
    return this.#scratch.subarray(0, this.#length)
  }

  #shared(list: HeaderList): void {
    const known = this.#encoded.get(list)
    if (known !== undefined) this.#append(known)
    else this.#encodeList(list)
  }

  #encodeList(list: HeaderList): void {
    const start = this.#length
    const insertedBefore = this.#inserted
    let bytes = 0
    for (const [name, value] of list) {
      bytes += entryBytes(name, value)
      this.#field(name, value, bytes <= this.#maxTableBytes * TABLE_SHARE_OF_A_LIST)
    }
    if (this.#inserted === insertedBefore) {
      this.#encoded.set(list, Buffer.from(this.#scratch.subarray(start, this.#length)))
    }
  }

  #field(name: string, value: string, mayInsert: boolean): void {
    const key = `${name}\n${value}`
    const position = this.#positions.get(key)
    if (position !== undefined) this.#integer(0x80, 7, STATIC_TABLE.length + this.#inserted - position)
    else if (mayInsert) {
      this.#literal(0x40, 6, name, value)
      this.#insert(key, entryBytes(name, value))
    } else this.#literal(0x00, 4, name, value)
  }

  #insert(key: string, bytes: number): void {
    this.#entries.push({ key, bytes })
    this.#positions.set(key, this.#inserted++)
    this.#tableBytes += bytes
    this.#encoded = new WeakMap()
    this.#evict()
  }

  #evict(): void {
    while (this.#tableBytes > this.#maxTableBytes) {
      const oldest = this.#entries.shift()!
      this.#positions.delete(oldest.key)
      this.#tableBytes -= oldest.bytes
      this.#encoded = new WeakMap()
    }
  }

  /** The smallest and the last: what was evicted in between stays evicted. */
  #saySizes(): void {
    const smallest = Math.min(...this.#unsaidSizes)
    this.#integer(0x20, 5, smallest)
    if (this.#maxTableBytes !== smallest) this.#integer(0x20, 5, this.#maxTableBytes)
    this.#unsaidSizes = []
  }

  #literal(pattern: number, prefixBits: number, name: string, value: string): void {
    const nameIndex = STATIC_NAMES.get(name) ?? 0
    this.#integer(pattern, prefixBits, nameIndex)
    if (nameIndex === 0) this.#string(name)
    this.#string(value)
  }

  #string(text: string): void {
    this.#integer(0x00, 7, text.length)
    this.#length += this.#scratch.write(text, this.#length, 'latin1')
  }

  /** RFC 7541 section 5.1. */
  #integer(pattern: number, prefixBits: number, value: number): void {
    const mask = 2 ** prefixBits - 1
    if (value < mask) {
      this.#scratch[this.#length++] = pattern | value
      return
    }
    this.#scratch[this.#length++] = pattern | mask
    let rest = value - mask
    for (; rest >= 0x80; rest >>>= 7) this.#scratch[this.#length++] = (rest & 0x7f) | 0x80
    this.#scratch[this.#length++] = rest
  }

  #append(bytes: Buffer): void {
    this.#scratch.set(bytes, this.#length)
    this.#length += bytes.length
  }
}
