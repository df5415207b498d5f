import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openScreen } from './screen.ts'

/** An output that keeps what is written to it. */
function makeOutput(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  return { written, output: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream }
}

describe('progress in a log', () => {
  it('is a line at once, then none until some time has passed, and the last state at the end', () => {
    const { written, output } = makeOutput({})
    const screen = openScreen(output)
    for (const line of ['one', 'two', 'three']) screen.show({ lines: ['bar'], line })
    expect(written).toEqual(['one\n'])
    screen.finish()
    expect(written).toEqual(['one\n', 'three\n'])
  })
})

describe('progress in a terminal', () => {
  it('is drawn over the lines before it', () => {
    const { written, output } = makeOutput({ isTTY: true, columns: 80 })
    const screen = openScreen(output)
    screen.show({ lines: ['a', 'b'], line: '' })
    screen.show({ lines: ['c', 'd'], line: '' })
    expect(written).toEqual(['\x1b[0Ja\nb\n', '\x1b[2A\x1b[0Jc\nd\n'])
  })

  it('never wraps, because a wrapped line could not be drawn over', () => {
    const { written, output } = makeOutput({ isTTY: true, columns: 5 })
    openScreen(output).show({ lines: ['123456789'], line: '' })
    expect(written).toEqual(['\x1b[0J1234\n'])
  })
})
