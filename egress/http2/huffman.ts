/**
 * HPACK's Huffman code (RFC 7541 section 5.2 and Appendix B), decoding only: plain literals are as good, and cheaper to
 * make. The code is canonical, so the lengths of its 257 codes say everything.
 */
import { COMPRESSION_ERROR, ConnectionFault } from './frames.ts'

/** Bits of the code of each byte, and of the end of the string. */
// biome-ignore format: sixteen to a row
const CODE_LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]
const END_OF_STRING = 256
const MAX_PADDING_BITS = 7

/** The code as a tree: two cells a node, each the place of a child node, or the complement of a symbol, or 0. */
const TREE = growTree()

function growTree(): Int16Array {
  const cells = [0, 0]
  const symbols = [...CODE_LENGTHS.keys()].sort((a, b) => CODE_LENGTHS[a]! - CODE_LENGTHS[b]! || a - b)
  let code = 0
  let length = 0
  for (const symbol of symbols) {
    code <<= CODE_LENGTHS[symbol]! - length
    length = CODE_LENGTHS[symbol]!
    plant(cells, code, length, symbol)
    code++
  }
  return Int16Array.from(cells)
}

function plant(cells: number[], code: number, length: number, symbol: number): void {
  let node = 0
  for (let bit = length - 1; bit > 0; bit--) {
    const cell = node + ((code >>> bit) & 1)
    if (cells[cell] === 0) cells[cell] = cells.push(0, 0) - 2
    node = cells[cell]!
  }
  cells[node + (code & 1)] = ~symbol
}

/** Longest run of bytes that a shortest code of five bits can make of one byte, rounded up. */
const MOST_SYMBOLS_A_BYTE = 2

/**
 * @returns the text in Latin-1, one character a byte
 * @throws {ConnectionFault} for a string end inside, or padding that is too long or not the beginning of one
 */
export function decodeHuffman(bytes: Buffer): string {
  const text = Buffer.allocUnsafe(bytes.length * MOST_SYMBOLS_A_BYTE)
  let length = 0
  let node = 0
  let bitsSinceSymbol = 0
  let onlyOnes = true
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (byte >>> bit) & 1
      const cell = TREE[node + one]!
      bitsSinceSymbol++
      onlyOnes &&= one === 1
      if (cell >= 0) node = cell
      else {
        if (~cell === END_OF_STRING) throw new ConnectionFault(COMPRESSION_ERROR, 'a string end inside a string')
        text[length++] = ~cell
        node = 0
        bitsSinceSymbol = 0
        onlyOnes = true
      }
    }
  }
  if (bitsSinceSymbol > MAX_PADDING_BITS || !onlyOnes) {
    throw new ConnectionFault(COMPRESSION_ERROR, 'padding that is no beginning of a string end')
  }
  return text.toString('latin1', 0, length)
}
