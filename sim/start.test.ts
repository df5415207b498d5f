import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { describeSimulators } from './describe.ts'
import { listen } from './listen.ts'
import { startSimulators } from './start.ts'

it('starts every simulator on ports of its own and leaves nothing behind', async () => {
  const simulators = await startSimulators()
  const { fcm, apns, webpush, controlUrl, caFile, caPem } = simulators
  const urls = [fcm.url, fcm.http2Url, apns.url, apns.httpUrl, webpush.url, webpush.httpsUrl, controlUrl]
  expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(urls.length)
  expect(readFileSync(caFile, 'utf8')).toBe(caPem)
  expect((await fetch(`${controlUrl}/healthz`)).status).toBe(200)
  const text = describeSimulators(simulators)
  for (const url of [...urls, caFile, webpush.socketUrl]) expect(text).toContain(url)
  await simulators.close()
  expect(existsSync(caFile)).toBe(false)
  await expect(fetch(`${controlUrl}/healthz`)).rejects.toThrow()
})

it('closes what it had started when a port is taken', async () => {
  const taken = await listen(createServer(), 0)
  await expect(startSimulators({ ports: { control: taken.port } })).rejects.toThrow('EADDRINUSE')
  await taken.close()
})
