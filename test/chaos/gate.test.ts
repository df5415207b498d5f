import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gate, openGate } from './gate.ts'

describe('a gate', () => {
  let server: Server
  let gate: Gate
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url !== '/hang') response.end('behind')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    gate = await openGate(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  afterAll(async () => {
    await gate.close()
    server.close()
  })

  it('leads to what is behind it', async () => {
    expect(await (await fetch(gate.url)).text()).toBe('behind')
  })

  it('refuses connections while it is shut, and leads there again afterwards', async () => {
    await gate.shut()
    await expect(fetch(gate.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await gate.open()
    expect(await (await fetch(gate.url)).text()).toBe('behind')
  })

  it('cuts what is under way when it is shut', async () => {
    const arrived = once(server, 'request')
    const hanging = fetch(`${gate.url}/hang`)
    await arrived
    const failed = expect(hanging).rejects.toThrow()
    await gate.shut()
    await failed
    await gate.open()
  })
})
