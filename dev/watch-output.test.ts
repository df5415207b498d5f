import { spawn } from 'node:child_process'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { makeApiKey } from '../push/api-key.ts'
import { KEY_RANDOM_BYTES } from '../push/key-text.ts'
import { watchOutput } from './watch-output.ts'

const key = makeApiKey(false, new Uint8Array(KEY_RANDOM_BYTES).fill(7))

async function watched(chunks: readonly string[], known = {}) {
  const to = new PassThrough()
  const spilled = await watchOutput(Readable.from(chunks), to, known)
  to.end()
  return { spilled, passed: await text(to) }
}

it('passes everything on and finds nothing where nothing is', async () => {
  expect(await watched(['one\ntw', 'o\n', 'three'])).toEqual({ spilled: [], passed: 'one\ntwo\nthree' })
})

it('finds a secret that came in two pieces, by its line', async () => {
  const { spilled } = await watched(['one\n', `key: ${key.slice(0, 10)}`, `${key.slice(10)}\nthree`])
  expect(spilled).toEqual([{ line: 2, kinds: ['an API key'] }])
})

it('finds a secret in colors, and one in a last line that does not end', async () => {
  const { spilled } = await watched([`\u001b[31m${key}\u001b[39m\n`, 'hush'], { word: 'hush' })
  expect(spilled).toEqual([
    { line: 1, kinds: ['an API key'] },
    { line: 2, kinds: ['word'] },
  ])
})

it('finds one in an object that was logged, over its lines', async () => {
  const { spilled } = await watched([`${inspect({ kty: 'EC', crv: 'P-256', d: 'x'.repeat(43), y: 'y'.repeat(43) })}\n`])
  expect(spilled).toEqual([{ line: 4, kinds: ['a private JWK'] }])
})

it('finds one that a process prints', async () => {
  const child = spawn(process.execPath, ['-e', `console.log('started'); console.error(process.argv[1])`, key])
  const nowhere = new PassThrough().resume()
  const [printed, complained] = await Promise.all([
    watchOutput(child.stdout, nowhere, {}),
    watchOutput(child.stderr, nowhere, {}),
  ])
  expect([printed, complained]).toEqual([[], [{ line: 1, kinds: ['an API key'] }]])
})
