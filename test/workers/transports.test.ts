/**
 * The two ways out, held to one table in workerd: whatever a push service does, both say the same of it, except where
 * only the egress can know more.
 */
import { describe, expect, inject, test } from 'vitest'
import { directTransport } from '../../workers/jobs/direct.ts'
import { Limiter } from '../../workers/jobs/limiter.ts'
import { egressTransport } from '../../workers/jobs/through-egress.ts'
import type { Transport } from '../../workers/jobs/transport.ts'
import { carry, inShort, requestTo } from '../egress/carry.ts'
import type {} from '../egress/ways-out.ts'

const { serviceUrl, nowhereUrl, egressUrl, impatientEgressUrl, egressKey, answerDeadlineMs } = inject('waysOut')
const CONCURRENCY = 6

function throughEgress(url: string): Transport {
  return egressTransport({ url, key: egressKey, fallback: null }, new Limiter(CONCURRENCY))
}

const WAYS: Readonly<Record<'direct' | 'egress', () => Transport>> = {
  direct: () => directTransport(new Limiter(CONCURRENCY)),
  egress: () => throughEgress(egressUrl),
}
/** Where an answer never comes. */
const IMPATIENT_WAYS: typeof WAYS = {
  direct: () => directTransport(new Limiter(CONCURRENCY), { deadlineMs: answerDeadlineMs }),
  egress: () => throughEgress(impatientEgressUrl),
}
const WAY_NAMES = ['direct', 'egress'] as const

describe.each(WAY_NAMES)('%s', (way) => {
  const rows: [url: string, answer: Record<'direct' | 'egress', string>][] = [
    [`${serviceUrl}/fine`, { direct: '200', egress: '200' }],
    [`${serviceUrl}/created`, { direct: '201', egress: '201' }],
    [`${serviceUrl}/limited`, { direct: '429', egress: '429' }],
    [`${serviceUrl}/gone`, { direct: '410', egress: '410' }],
    [`${serviceUrl}/long`, { direct: '500', egress: '500' }],
    [`${serviceUrl}/redirect`, { direct: '302', egress: '302' }],
    [`${serviceUrl}/half`, { direct: '400', egress: '400' }],
    [`${serviceUrl}/hang`, { direct: 'maybe: timeout', egress: 'maybe: timeout' }],
    [`${serviceUrl}/lost`, { direct: 'maybe: connection_lost', egress: 'maybe: connection_lost' }],
    // workerd says the same of a connection that was refused and of one that broke, so it may not say "no".
    [`${nowhereUrl}/`, { direct: 'maybe: connection_lost', egress: 'no: connect_failed' }],
  ]
  test('tells apart, request by request, what was answered and what was not', async () => {
    const answers = await carry(
      IMPATIENT_WAYS[way](),
      rows.map(([url]) => requestTo(url)),
    )
    expect(answers.map(inShort)).toEqual(rows.map(([, answer]) => answer[way]))
  })

  test('brings the body and the headers of an error', async () => {
    const [answer] = await carry(WAYS[way](), [requestTo(`${serviceUrl}/limited`)])
    expect(answer).toMatchObject({
      headers: { 'retry-after': '7', 'content-type': 'application/json', 'x-wns-status': 'dropped' },
      body: '{"reason":"TooManyRequests"}',
    })
  })

  test('brings only the beginning of a long body, and what there is of a broken one', async () => {
    const [long, half] = await carry(WAYS[way](), [requestTo(`${serviceUrl}/long`), requestTo(`${serviceUrl}/half`)])
    expect(long).toMatchObject({ body: 'x'.repeat(4096) })
    expect(half).toMatchObject({ status: 400 })
  })

  test('sends what was built: shared and own headers, text and bytes', async () => {
    const ownHeaders = { 'apns-id': 'id-1' }
    const answers = await carry(WAYS[way](), [
      requestTo(`${serviceUrl}/echo`, { ownHeaders, body: 'ä€😀' }),
      requestTo(`${serviceUrl}/echo`, { body: new TextEncoder().encode('bytes') }),
    ])
    const echoes = answers.map((answer) => JSON.parse(answer.kind === 'response' ? answer.body : '""'))
    expect(echoes).toEqual([
      { method: 'POST', authorization: 'bearer x', apnsId: 'id-1', body: 'ä€😀' },
      { method: 'POST', authorization: 'bearer x', body: 'bytes' },
    ])
  })

  test('answers each of many requests once', async () => {
    const requests = Array.from({ length: 300 }, (_, index) => requestTo(`${serviceUrl}/many/${index}`))
    expect(new Set((await carry(WAYS[way](), requests)).map(inShort))).toEqual(new Set(['200']))
  })

  test('what cannot be built was seen by nobody, and the rest goes out', async () => {
    const answers = await carry(WAYS[way](), [new Error('no key'), requestTo(`${serviceUrl}/fine`)])
    expect(answers.map(inShort)).toEqual(['no: build_failed', '200'])
  })

  test('carries nothing at all', async () => {
    expect(await carry(WAYS[way](), [])).toEqual([])
  })

  test('goes on after requests that were given up', async () => {
    const transport = IMPATIENT_WAYS[way]()
    const hanging = Array.from({ length: CONCURRENCY }, () => requestTo(`${serviceUrl}/hang`))
    const answers = await carry(transport, [...hanging, ...hanging.map(() => requestTo(`${serviceUrl}/fine`))])
    const expected = [...hanging.map(() => 'maybe: timeout'), ...hanging.map(() => '200')]
    expect(answers.map(inShort)).toEqual(expected)
  })
})

test('direct: all tickets of an invocation together have six pushes in flight', async () => {
  const transport = WAYS.direct()
  const ticket = Array.from({ length: 3 * CONCURRENCY }, () => requestTo(`${serviceUrl}/crowd`))
  const answers = await Promise.all([carry(transport, ticket), carry(transport, ticket)])
  expect(new Set(answers.flat().map(inShort))).toEqual(new Set(['200']))
  const [most] = await carry(transport, [requestTo(`${serviceUrl}/most`)])
  expect(most).toMatchObject({ body: String(CONCURRENCY) })
})
