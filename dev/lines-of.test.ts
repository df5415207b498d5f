import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { linesOf } from './lines-of.ts'

const bytes = new TextEncoder().encode('eins\nzwölf 😀\n\nende')

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const read: string[] = []
  for await (const line of lines) read.push(line)
  return read
}

describe('lines', () => {
  it.each([1, 2, 3, 100])('are the same in parts of %i bytes', async (size) => {
    const parts: Uint8Array[] = []
    for (let from = 0; from < bytes.length; from += size) parts.push(bytes.slice(from, from + size))
    expect(await all(linesOf(Readable.from(parts)))).toEqual(['eins', 'zwölf 😀', '', 'ende'])
  })

  it('end where the stream ends, and throw what it throws', async () => {
    expect(await all(linesOf(Readable.from([new TextEncoder().encode('a\n')])))).toEqual(['a'])
    const broken = Readable.from(
      (async function* () {
        yield bytes
        throw new Error('reset')
      })(),
    )
    await expect(all(linesOf(broken))).rejects.toThrow('reset')
  })
})
