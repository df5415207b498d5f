import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { END_STREAM } from './frames.ts'
import type { Output } from './output.ts'
import { SendFlow, type SendStream } from './send-flow.ts'

/** Writes down DATA frames as `stream:bytes`, with a full stop for END_STREAM. */
class Recorder implements Pick<Output, 'frame'> {
  readonly sent: string[] = []

  frame(_type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.sent.push(`${streamId}:${payload.length}${(flags & END_STREAM) !== 0 ? '.' : ''}`)
  }

  take(): string[] {
    return this.sent.splice(0)
  }
}

function setUp() {
  const recorder = new Recorder()
  const finished: number[] = []
  const flow = new SendFlow(recorder as unknown as Output, ({ id }) => finished.push(id))
  const open = (id: number): SendStream => ({ id, sendWindowBytes: flow.initialWindowBytes, unsentBody: null })
  return { recorder, finished, flow, open }
}

describe('what we send', () => {
  it('leaves at once when it fits', () => {
    const { recorder, finished, flow, open } = setUp()
    flow.send(open(1), Buffer.alloc(100))
    expect(recorder.take()).toEqual(['1:100.'])
    expect(finished).toEqual([1])
  })

  it('is cut into frames of the size that the peer takes', () => {
    const { recorder, flow, open } = setUp()
    flow.send(open(1), Buffer.alloc(40_000))
    expect(recorder.take()).toEqual(['1:16384', '1:16384', '1:7232.'])
    flow.maxFrameBytes = 20_000
    flow.send(open(3), Buffer.alloc(20_000))
    expect(recorder.take()).toEqual(['3:20000.'])
  })

  it('waits for the window of its stream', () => {
    const { recorder, finished, flow, open } = setUp()
    flow.changeInitialWindow(10, [])
    const stream = open(1)
    flow.send(stream, Buffer.alloc(25))
    expect(recorder.take()).toEqual(['1:10'])
    expect(flow.widenStream(stream, 5)).toBe(true)
    expect(recorder.take()).toEqual(['1:5'])
    expect(flow.widenStream(stream, 100)).toBe(true)
    expect(recorder.take()).toEqual(['1:10.'])
    expect(finished).toEqual([1])
  })

  it('waits for the window of the connection, first come, first served', () => {
    const { recorder, flow, open } = setUp()
    flow.maxFrameBytes = 65_535
    flow.send(open(1), Buffer.alloc(65_535))
    expect(recorder.take()).toEqual(['1:65535.'])
    flow.send(open(3), Buffer.alloc(10))
    flow.send(open(5), Buffer.alloc(10))
    expect(recorder.take()).toEqual([])
    flow.widenConnection(15)
    expect(recorder.take()).toEqual(['3:10.', '5:5'])
    flow.widenConnection(5)
    expect(recorder.take()).toEqual(['5:5.'])
  })

  it('waits through a window that SETTINGS made negative', () => {
    const { recorder, flow, open } = setUp()
    flow.changeInitialWindow(10, [])
    const stream = open(1)
    flow.send(stream, Buffer.alloc(20))
    recorder.take()
    flow.changeInitialWindow(4, [stream])
    expect(stream.sendWindowBytes).toBe(-6)
    flow.widenStream(stream, 6)
    expect(recorder.take()).toEqual([])
    flow.changeInitialWindow(14, [stream])
    expect(recorder.take()).toEqual(['1:10.'])
  })

  it('is forgotten when its stream is reset', () => {
    const { recorder, finished, flow, open } = setUp()
    flow.changeInitialWindow(1, [])
    const stream = open(1)
    flow.send(stream, Buffer.alloc(5))
    recorder.take()
    flow.forget(stream)
    flow.widenStream(stream, 100)
    flow.widenConnection(100)
    expect(recorder.take()).toEqual([])
    expect(finished).toEqual([])
  })

  it('does not take a window above 2^31 - 1', () => {
    const { flow, open } = setUp()
    expect(flow.widenStream(open(1), 0x7fffffff)).toBe(false)
    expect(() => flow.widenConnection(0x7fffffff)).toThrow('connection window')
    expect(() => flow.changeInitialWindow(0x80000000, [])).toThrow('initial window')
  })
})
