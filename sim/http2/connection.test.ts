/**
 * The HTTP/2 server against hand-made frames, on plain TCP because TLS is not its part, and against node:http2.
 */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Exchange } from '../exchange.ts'
import { type Listening, listen } from '../listen.ts'
import { serveHttp2 } from './connection.ts'
import * as frames from './frames.ts'
import { encodeHeaders } from './header-encoder.ts'
import { RawClient, requestHead } from './raw-client.ts'
import { MAX_CONCURRENT_STREAMS } from './stream-table.ts'

let listening: Listening
let exchanges: Exchange[]
/** What the server does with a request; most tests answer at once. */
let handle: (exchange: Exchange) => void
let client: RawClient

beforeEach(async () => {
  exchanges = []
  handle = (exchange) => exchange.answer(200, { 'x-echo': exchange.path }, exchange.body)
  const server = createServer((socket) =>
    serveHttp2(socket, (exchange) => {
      exchanges.push(exchange)
      handle(exchange)
    }),
  )
  listening = await listen(server, 0)
  client = await RawClient.open(listening.port)
})

afterEach(async () => {
  client.socket.destroy()
  await listening.close()
})

describe('a request', () => {
  it('is answered with HEADERS and DATA', async () => {
    client.post(1, 'hello')
    expect(await client.answer(1)).toEqual({ status: '200', body: 'hello' })
    expect(exchanges[0]).toMatchObject({ method: 'POST', path: '/send' })
    expect(exchanges[0]!.headers.authorization).toBe('Bearer x')
  })

  it.each(['https:', 'http', 'anything'])('may have the scheme "%s"', async (scheme) => {
    client.post(1, 'x', scheme)
    expect((await client.answer(1)).status).toBe('200')
  })

  it('may have no body, and an answer without one', async () => {
    handle = (exchange) => exchange.answer(204, {}, '')
    client.send(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, requestHead())
    expect(await client.answer(1)).toEqual({ status: '204', body: '' })
    expect(exchanges[0]!.body).toHaveLength(0)
  })

  it('may come with padding and priority', async () => {
    const padded = Buffer.concat([Buffer.from([3]), Buffer.alloc(5), requestHead(), Buffer.alloc(3)])
    client.send(frames.HEADERS, frames.END_HEADERS | frames.PADDED | frames.PRIORITY_FLAG, 1, padded)
    client.send(frames.DATA, frames.PADDED | frames.END_STREAM, 1, '\x02body\0\0')
    expect((await client.answer(1)).body).toBe('body')
  })

  it('may have its head in many CONTINUATIONs and its body in many DATA frames', async () => {
    const head = requestHead()
    client.send(frames.HEADERS, 0, 1, head.subarray(0, 3))
    client.send(frames.CONTINUATION, 0, 1, head.subarray(3, 10))
    client.send(frames.CONTINUATION, frames.END_HEADERS, 1, head.subarray(10))
    for (const letter of 'abc') client.send(frames.DATA, 0, 1, letter)
    client.send(frames.DATA, frames.END_STREAM, 1)
    expect((await client.answer(1)).body).toBe('abc')
  })

  it('may end in trailers', async () => {
    client.send(frames.HEADERS, frames.END_HEADERS, 1, requestHead())
    client.send(frames.DATA, 0, 1, 'body')
    client.send(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, 1, encodeHeaders([['x', 'y']]))
    expect((await client.answer(1)).body).toBe('body')
  })

  it('is not answered after it was cancelled', async () => {
    handle = () => undefined
    client.post(1, 'x')
    client.send(frames.RST_STREAM, 0, 1, frames.uint32s(frames.CANCEL))
    client.send(frames.PING, 0, 0, '12345678')
    await client.next(frames.PING)
    exchanges[0]!.answer(200, {}, 'too late')
    handle = (exchange) => exchange.answer(200, {}, 'next')
    client.post(3, 'x')
    expect((await client.answer(3)).body).toBe('next')
  })

  it('is refused above 100 at a time, and taken when one has been answered', async () => {
    handle = () => undefined
    for (let index = 0; index <= MAX_CONCURRENT_STREAMS; index += 1) client.post(2 * index + 1, 'x')
    const refused = await client.next(frames.RST_STREAM)
    expect(refused.streamId).toBe(2 * MAX_CONCURRENT_STREAMS + 1)
    expect(refused.payload.readUInt32BE(0)).toBe(frames.REFUSED_STREAM)
    expect(exchanges).toHaveLength(MAX_CONCURRENT_STREAMS)
    exchanges[0]!.answer(200, {}, 'a')
    await client.answer(1)
    client.post(2 * MAX_CONCURRENT_STREAMS + 3, 'x')
    client.send(frames.PING, 0, 0, '12345678')
    await client.next(frames.PING)
    expect(exchanges).toHaveLength(MAX_CONCURRENT_STREAMS + 1)
  })
})

describe('the connection', () => {
  it('answers PING with the same eight bytes', async () => {
    client.send(frames.PING, 0, 0, 'abcdefgh')
    const { flags, payload } = await client.next(frames.PING)
    expect([flags, payload.toString()]).toEqual([frames.ACK, 'abcdefgh'])
  })

  it('ignores PRIORITY and frames of unknown types', async () => {
    client.send(frames.PRIORITY, 0, 3, '12345')
    client.send(0xfa, 0, 0, 'whatever')
    client.post(5, 'x')
    expect((await client.answer(5)).status).toBe('200')
  })

  it('sends no more of a body than the windows allow', async () => {
    const small = await RawClient.open(listening.port, [[frames.SETTINGS_INITIAL_WINDOW_SIZE, 4]])
    small.post(1, 'abcdefghij')
    const first = await small.next(frames.DATA)
    expect(first.payload.toString()).toBe('abcd')
    small.send(frames.WINDOW_UPDATE, 0, 1, frames.uint32s(100))
    const second = await small.next(frames.DATA)
    expect([second.payload.toString(), second.flags]).toEqual(['efghij', frames.END_STREAM])
    small.socket.destroy()
  })

  it('widens its own window as bodies come in', async () => {
    const full = Buffer.alloc(frames.MAX_FRAME_BYTES)
    const requests = 10
    for (let index = 0; index < requests; index += 1) {
      client.send(frames.HEADERS, frames.END_HEADERS, 2 * index + 1, requestHead())
      for (let part = 0; part < 60; part += 1) client.send(frames.DATA, 0, 2 * index + 1, full)
      client.send(frames.RST_STREAM, 0, 2 * index + 1, frames.uint32s(frames.CANCEL))
    }
    await client.next(frames.WINDOW_UPDATE)
    const { streamId, payload } = await client.next(frames.WINDOW_UPDATE)
    expect(streamId).toBe(0)
    expect(payload.readUInt32BE(0)).toBeGreaterThanOrEqual(8 * 1024 * 1024)
  })

  it('resets a stream whose body is longer than its window', async () => {
    client.send(frames.HEADERS, frames.END_HEADERS, 1, requestHead())
    for (let part = 0; part < 65; part += 1) client.send(frames.DATA, 0, 1, Buffer.alloc(frames.MAX_FRAME_BYTES))
    const { payload } = await client.next(frames.RST_STREAM)
    expect(payload.readUInt32BE(0)).toBe(frames.FLOW_CONTROL_ERROR)
  })

  it.each([
    {
      name: 'a frame inside a header block',
      code: frames.PROTOCOL_ERROR,
      type: frames.HEADERS,
      streamId: 1,
      twice: true,
    },
    { name: 'a CONTINUATION alone', code: frames.PROTOCOL_ERROR, type: frames.CONTINUATION, streamId: 1 },
    { name: 'data on an idle stream', code: frames.PROTOCOL_ERROR, type: frames.DATA, streamId: 9 },
    {
      name: 'an even stream id',
      code: frames.PROTOCOL_ERROR,
      type: frames.HEADERS,
      flags: frames.END_HEADERS,
      streamId: 2,
    },
    { name: 'a push by the client', code: frames.PROTOCOL_ERROR, type: frames.PUSH_PROMISE, streamId: 1 },
    { name: 'a WINDOW_UPDATE of 0', code: frames.PROTOCOL_ERROR, type: frames.WINDOW_UPDATE, payload: '\0\0\0\0' },
    {
      name: 'a WINDOW_UPDATE of 3 bytes',
      code: frames.FRAME_SIZE_ERROR,
      type: frames.WINDOW_UPDATE,
      payload: '\0\0\0',
    },
    { name: 'broken SETTINGS', code: frames.FRAME_SIZE_ERROR, type: frames.SETTINGS, payload: '\0' },
    {
      name: 'a broken header block',
      code: frames.COMPRESSION_ERROR,
      type: frames.HEADERS,
      flags: frames.END_HEADERS,
      streamId: 1,
      payload: '\x80',
    },
  ])('ends with GOAWAY after $name', async ({ code, type, flags = 0, streamId = 0, payload = '', twice = false }) => {
    client.send(type, flags, streamId, Buffer.from(payload, 'latin1'))
    if (twice) client.send(frames.PING, 0, 0, '12345678')
    expect((await client.goAway()).code).toBe(code)
    await once(client.socket, 'end')
  })

  it('ends with GOAWAY when the preface is another', async () => {
    const socket = connectTcp(listening.port, '127.0.0.1')
    socket.resume().write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(socket, 'end')
    socket.destroy()
    expect(exchanges).toEqual([])
  })
})

describe('a fault', () => {
  it('of GOAWAY leaves what came before to be answered, then closes', async () => {
    handle = () => undefined
    client.post(1, 'a')
    client.post(3, 'b')
    client.post(5, 'c')
    client.send(frames.PING, 0, 0, '12345678')
    await client.next(frames.PING)
    exchanges[1]!.goAway('server_shutting_down')
    expect(await client.goAway()).toEqual({ lastStreamId: 1, code: frames.NO_ERROR, text: 'server_shutting_down' })
    exchanges[2]!.answer(200, {}, 'not any more')
    client.post(7, 'not taken')
    exchanges[0]!.answer(200, {}, 'still')
    expect(await client.answer(1)).toEqual({ status: '200', body: 'still' })
    await once(client.socket, 'end')
    expect(exchanges).toHaveLength(3)
  })

  it('of reset hands over earlier answers, then cuts', async () => {
    handle = (exchange) => {
      if (exchange.body.toString() === 'cut') exchange.cut()
      else exchange.answer(200, {}, 'fine')
    }
    client.socket.cork()
    client.post(1, 'ok')
    client.post(3, 'cut')
    client.post(5, 'ok')
    client.socket.uncork()
    expect((await client.answer(1)).body).toBe('fine')
    const [error] = await once(client.socket, 'error')
    expect(error.code).toBe('ECONNRESET')
    expect(exchanges).toHaveLength(2)
  })
})

describe('node:http2 as a client', () => {
  it('gets 300 answers to 300 requests at once', async () => {
    handle = (exchange) => void setImmediate(() => exchange.answer(200, {}, exchange.body))
    const session = connectHttp2(`http://127.0.0.1:${listening.port}`)
    const bodies = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const stream = session.request({ ':method': 'POST', ':path': `/${index}` })
        stream.end(`body ${index} ${'x'.repeat(index * 20)}`)
        stream.setEncoding('utf8')
        let text = ''
        for await (const part of stream) text += part
        return text
      }),
    )
    session.close()
    expect(bodies).toEqual(Array.from({ length: 300 }, (_, index) => `body ${index} ${'x'.repeat(index * 20)}`))
  })
})
