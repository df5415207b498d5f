import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTicket, MalformedTicket } from './egress-ticket.ts'
import { encodeTicket, WIRE_VERSION } from './egress-wire.ts'
import type { PushRequest } from './outcome.ts'

const headers = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,11}$/), fc.stringMatching(/^[\x20-\x7e]{0,40}$/))

/** Tickets as providers make them: a few shared headers, some equal bodies, text or bytes. */
const tickets = fc
  .tuple(fc.array(headers, { minLength: 1, maxLength: 3 }), fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }))
  .chain(([shared, texts]) =>
    fc.array(
      fc.record<PushRequest>({
        url: fc.tuple(fc.webUrl({ size: 'small' }), fc.stringMatching(/^[\x21-\x7e]{0,20}$/)).map(([base, path]) => {
          return `${new URL(base).origin}/${path}`
        }),
        sharedHeaders: fc.constantFrom(...shared),
        ownHeaders: fc.option(headers),
        body: fc.oneof(fc.constantFrom(...texts), fc.uint8Array({ maxLength: 60 })),
      }),
      { maxLength: 20 },
    ),
  )

describe('a ticket', () => {
  test('arrives as it was handed in', () => {
    fc.assert(
      fc.property(fc.string(), tickets, (pool, requests) => {
        const decoded = decodeTicket(encodeTicket(pool, requests))
        expect(decoded.pool).toBe(pool)
        const arrived = decoded.requests.map(({ origin, path, ...rest }) => ({ ...rest, url: origin + path }))
        expect(arrived).toEqual(requests)
      }),
    )
  })

  test('keeps what is shared shared', () => {
    const sharedHeaders = { authorization: 'bearer x' }
    const request = (token: string): PushRequest => {
      return { url: `https://push.example/${token}`, sharedHeaders, ownHeaders: null, body: 'equal' }
    }
    const { requests } = decodeTicket(encodeTicket('pool', [request('a'), request('b')]))
    expect(requests[0]?.sharedHeaders).toBe(requests[1]?.sharedHeaders)
  })

  test('carries what many messages have in common once', () => {
    const long = 'x'.repeat(4000)
    const request = (token: string): PushRequest => {
      return { url: 'https://push.example/send', sharedHeaders: {}, ownHeaders: null, body: `{"${token}":"${long}"}` }
    }
    expect(encodeTicket('pool', ['a', 'b', 'c', 'd'].map(request)).length).toBeLessThan(long.length + 500)
  })

  test('says what it occupies when it is unpacked, which is more than it was on the way', () => {
    const long = 'x'.repeat(4000)
    const requests = ['a', 'b'].map((token): PushRequest => {
      return { url: 'https://push.example/send', sharedHeaders: {}, ownHeaders: null, body: token + long }
    })
    const bytes = encodeTicket('pool', requests)
    expect(bytes.length).toBeLessThan(5000)
    expect(decodeTicket(bytes).heldBytes).toBeGreaterThan(2 * long.length)
  })

  test('names the generation of its pool; one that does not is of the first', () => {
    expect(decodeTicket(encodeTicket('pool', [], 7)).generation).toBe(7)
    expect(decodeTicket(encodeTicket('pool', [])).generation).toBe(0)
  })

  test('may name a url without a path', () => {
    const request: PushRequest = { url: 'https://push.example', sharedHeaders: {}, ownHeaders: null, body: '' }
    expect(decodeTicket(encodeTicket('', [request])).requests[0]).toMatchObject({ origin: request.url, path: '/' })
  })
})

describe('bytes that are no ticket', () => {
  const head = {
    version: WIRE_VERSION,
    pool: 'p',
    origins: ['https://push.example'],
    sharedHeaders: [{}],
    textStart: '',
    textEnd: '',
    bodies: ['{}'],
    requests: [[0, '/', 0, 0, 0]],
  }
  const framed = (json: string): Uint8Array => {
    const text = new TextEncoder().encode(json)
    const whole = new Uint8Array(4 + text.length)
    new DataView(whole.buffer).setUint32(0, text.length)
    whole.set(text, 4)
    return whole
  }
  const changed = (change: object) => framed(JSON.stringify({ ...head, ...change }))

  test('the untouched head is one', () => {
    expect(decodeTicket(changed({})).requests).toHaveLength(1)
  })

  const rows: [what: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array()],
    ['a head that is cut short', changed({}).subarray(0, -1)],
    ['something behind the last body', new Uint8Array([...changed({}), 0])],
    ['no JSON', framed('{')],
    ['null', framed('null')],
    ['another version', changed({ version: WIRE_VERSION + 1 })],
    ['no pool', changed({ pool: undefined })],
    ['a generation that is no number', changed({ generation: '7' })],
    ['requests that are no list', changed({ requests: {} })],
    ['more bodies than requests may be', changed({ bodies: Array(1001).fill('{}') })],
    ['a body that is far too long', changed({ bodies: ['x'.repeat(40_000)], textEnd: 'x'.repeat(40_000) })],
    ['too many requests', changed({ requests: Array(1001).fill(head.requests[0]) })],
    ['a request that is no list', changed({ requests: [null] })],
    ['an origin that is no text', changed({ origins: [7] })],
    ['an unknown origin', changed({ requests: [[1, '/', 0, 0, 0]] })],
    ['unknown headers', changed({ requests: [[0, '/', 1, 0, 0]] })],
    ['an unknown body', changed({ requests: [[0, '/', 0, 0, 1]] })],
    ['a body of negative length', changed({ bodies: [-1] })],
    ['a body that is neither text nor length', changed({ bodies: [null] })],
    ['a path that does not begin with a slash', changed({ requests: [[0, 'x', 0, 0, 0]] })],
    ['a path with a space', changed({ requests: [[0, '/ HTTP/1.1', 0, 0, 0]] })],
    ['a header that ends itself', changed({ sharedHeaders: [{ a: 'b\r\nc: d' }] })],
    ['a header that is no text', changed({ sharedHeaders: [{ a: 1 }] })],
    ['headers that are no object', changed({ sharedHeaders: [null] })],
    ['a pseudo header', changed({ requests: [[0, '/', 0, { ':path': '/x' }, 0]] })],
    ['headers without end', changed({ sharedHeaders: [{ a: 'x'.repeat(6200) }] })],
  ]
  test.each(rows)('%s', (_, bytes) => {
    expect(() => decodeTicket(bytes)).toThrow(MalformedTicket)
  })
})
