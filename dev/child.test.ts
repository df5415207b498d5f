import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startChild } from './child.ts'
import { startFixture } from './fixtures/start-fixture.ts'

const MODULE = join(import.meta.dirname, 'fixtures', 'echo-child.ts')

function startEcho(word: string, onLost: (explanation: string) => void = () => {}) {
  return startChild<{ word: string }, { word: string; pid: number }>(MODULE, { word }, { onLost })
}

describe('a child', () => {
  it('gets its options, reports when it is ready, and can be closed', async () => {
    const child = await startEcho('hello')
    expect(child.ready).toMatchObject({ word: 'hello' })
    await child.close()
  })

  it('fails with its own message when it cannot start', async () => {
    await expect(startEcho('fail')).rejects.toThrow('told to fail')
  })

  it('is reported when it ends although nobody closed it', async () => {
    const lost = Promise.withResolvers<string>()
    const child = await startEcho('hello', lost.resolve)
    process.kill(child.ready.pid, 'SIGKILL')
    expect(await lost.promise).toContain('echo-child.ts ended with SIGKILL')
  })

  it('ends when its parent is killed', async () => {
    const parent = await startFixture('parent-of-echo.ts')
    parent.kill('SIGKILL')
    await once(parent, 'close')
  })
})
