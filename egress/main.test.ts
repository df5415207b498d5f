/** The egress as a process: how it starts and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts it and waits for its first words. */
async function start(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, PORT: '0', ...env } })
  children.push(child)
  const [words] = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  return { child, words: String(words), ended: once(child, 'exit') }
}

test('says where it is, and ends in order when it is told to', async () => {
  const { child, words, ended } = await start({ EGRESS_KEY: 'secret' })
  const url = /egress: (http:\S+)/.exec(words)?.[1]
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('ends with the process that started it', async () => {
  const { child, ended } = await start({ EGRESS_KEY: 'secret' }, '--with-parent')
  child.stdin.end()
  expect(await ended).toEqual([0, null])
})

test('without a key it says what is missing, and does not start', async () => {
  const { words, ended } = await start({ EGRESS_KEY: '' })
  expect(words).toMatch(/^egress: EGRESS_KEY is missing/)
  expect(await ended).toEqual([2, null])
})
