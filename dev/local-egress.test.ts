import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type LocalEgress, startLocalEgress } from './local-egress.ts'

/** Every process that was started, in order. */
const started: ChildProcess[] = []
const noteStarted = (message: unknown) => started.push((message as { process: ChildProcess }).process)
let egress: LocalEgress

beforeEach(async () => {
  subscribe('child_process', noteStarted)
  egress = await startLocalEgress({}, () => undefined)
})

afterEach(async () => {
  unsubscribe('child_process', noteStarted)
  await egress.close()
})

it('comes back at its address, however often it is killed, and if it is killed while it starts', {
  timeout: 20_000,
}, async () => {
  started[0]!.kill('SIGKILL')
  while (started.length < 2) await sleep(1)
  started[1]!.kill('SIGKILL')
  while (started.length < 3) await sleep(1)
  for (;;) {
    const response = await fetch(egress.url).catch(() => null)
    if (response !== null) break
    await sleep(20)
  }
  expect(started).toHaveLength(3)
})
