/**
 * HPACK's Huffman code (RFC 7541 §5.2, Appendix B), decoding only: the simulators answer in plain literals.
 */
import { Buffer } from 'node:buffer'
import hpack from 'hpack.js'
import { COMPRESSION_ERROR, ConnectionError } from './frames.ts'

const EOS = 256

/**
 * The code as a binary tree in pairs of children: node n has its 0-child at 2n and its 1-child at 2n + 1. A child is
 * another node (positive), a symbol (its bitwise complement, negative), or 0 where no code leads.
 */
const TREE = buildTree()

function buildTree(): Int32Array {
  const tree = [0, 0]
  for (const [symbol, [bits, code]] of hpack.huffman.encode.entries()) {
    let node = 0
    for (let bit = bits - 1; bit > 0; bit -= 1) {
      const slot = 2 * node + ((code >>> bit) & 1)
      if (tree[slot] === 0) {
        tree[slot] = tree.length / 2
        tree.push(0, 0)
      }
      node = tree[slot]!
    }
    tree[2 * node + (code & 1)] = ~symbol
  }
  return Int32Array.from(tree)
}

/**
 * Decodes one string.
 *
 * @throws ConnectionError COMPRESSION_ERROR for an EOS in the string, or padding that is not up to 7 one-bits
 */
export function decodeHuffman(bytes: Buffer): string {
  // The shortest code has 5 bits.
  const decoded = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5))
  let length = 0
  let node = 0
  let bitsSinceSymbol = 0
  let onlyOnes = true
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const isOne = (byte >>> bit) & 1
      const next = TREE[2 * node + isOne]!
      if (next >= 0) {
        node = next
        bitsSinceSymbol += 1
        if (isOne === 0) onlyOnes = false
        continue
      }
      if (~next === EOS) throw new ConnectionError(COMPRESSION_ERROR, 'an EOS inside a string')
      decoded[length++] = ~next
      node = 0
      bitsSinceSymbol = 0
      onlyOnes = true
    }
  }
  if (bitsSinceSymbol > 7 || !onlyOnes) throw new ConnectionError(COMPRESSION_ERROR, 'wrong padding of a string')
  return decoded.toString('latin1', 0, length)
}
