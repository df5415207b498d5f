/**
 * The way out through an egress that fails, in workerd: whatever it does, each request is answered once, and "not sent"
 * is said only of what certainly was not.
 */
import { describe, expect, inject, test } from 'vitest'
import { directTransport } from '../../workers/jobs/direct.ts'
import { Outages } from '../../workers/jobs/egress-outage.ts'
import { Limiter } from '../../workers/jobs/limiter.ts'
import { type EgressOptions, egressTransport } from '../../workers/jobs/through-egress.ts'
import type { Transport } from '../../workers/jobs/transport.ts'
import { carry, inShort, requestTo } from '../egress/carry.ts'
import type {} from '../egress/ways-out.ts'

const { serviceUrl, nowhereUrl, egressUrl, egressKey, falseEgressUrl } = inject('waysOut')
const CONCURRENCY = 6

/**
 * So that no test waits as long as an operator would; an egress that is well is heard within each of them on a busy
 * machine.
 */
const IMPATIENCE = { readyMs: 1_000, silenceMs: 400, talkMs: 1_500, busyPatienceMs: 200 }
/** Where nothing is to be given up, however busy the machine is. */
const PATIENCE = { readyMs: 4_000, silenceMs: 4_000, talkMs: 4_000, busyPatienceMs: 4_000 }

let serial = 0

/** An address nobody had before, so that what an isolate remembers of one test does not reach the next. */
const failing = (way: string) => `${falseEgressUrl}/${way}/${++serial}`

function through(url: string, options: Partial<EgressOptions> = {}, limiter = new Limiter(CONCURRENCY)): Transport {
  return egressTransport({ url, key: egressKey, fallback: null, ...IMPATIENCE, ...options }, limiter)
}

const UNSENT = 'no: egress_lost'
const IN_DOUBT = 'maybe: egress_lost'
/** Answered, in doubt: what comes back for two requests. */
type Expected = readonly [string, string]
const requests = () => [requestTo(`${serviceUrl}/fine`), requestTo(`${serviceUrl}/fine`)]

describe('an egress that has nothing of the ticket: everything is unsent', () => {
  const rows: [what: string, url: string, key?: string][] = [
    ['is not there', nowhereUrl],
    ['does not know us', egressUrl, 'another key'],
    ['gets no key at all', egressUrl, ''],
    ['accepts the connection and says nothing', failing('mute')],
    ['is another server', failing('another-server')],
    ['sends us elsewhere', failing('redirects')],
    ['is behind a gateway that does not reach it', failing('gateway-when-asked')],
    ['speaks another version of the wire', failing('other-wire')],
    ['is full when it is asked, and stays it', failing('full-when-asked')],
    ['is full when it gets the ticket, and stays it', failing('full')],
  ]
  test.each(rows)('%s', async (_, url, key = egressKey) => {
    expect((await carry(through(url, { key }), requests())).map(inShort)).toEqual([UNSENT, UNSENT])
  })
})

describe('an egress that had the ticket: what it did not answer is in doubt', () => {
  const rows: [way: string, expected: Expected][] = [
    ['dies', [IN_DOUBT, IN_DOUBT]],
    ['dies-later', ['200', IN_DOUBT]],
    ['mute-with-ticket', [IN_DOUBT, IN_DOUBT]],
    ['silent', [IN_DOUBT, IN_DOUBT]],
    ['silent-later', ['200', IN_DOUBT]],
    ['beats-for-ever', [IN_DOUBT, IN_DOUBT]],
    ['gateway', [IN_DOUBT, IN_DOUBT]],
    ['gateway-busy', [IN_DOUBT, IN_DOUBT]],
    ['babbles', [IN_DOUBT, IN_DOUBT]],
    ['babbles-later', ['200', IN_DOUBT]],
    ['cut-short', ['200', IN_DOUBT]],
    ['without-end', ['200', IN_DOUBT]],
    ['says-nothing', [IN_DOUBT, IN_DOUBT]],
    ['unknown', ['200', IN_DOUBT]],
    ['impossible', [IN_DOUBT, IN_DOUBT]],
    ['repeats', ['200', IN_DOUBT]],
  ]
  test.each(rows)('%s', async (way, expected) => {
    expect((await carry(through(failing(way)), requests())).map(inShort)).toEqual(expected)
  })
})

describe('an egress that only seems to fail', () => {
  const rows = ['slow', 'never-ends', 'full-twice', 'full-twice-when-asked']
  test.each(rows)('%s: everything is answered', async (way) => {
    expect((await carry(through(failing(way), PATIENCE), requests())).map(inShort)).toEqual(['200', '200'])
  })

  test('a ticket that waits for room stops waiting when it may not leave any more', async () => {
    let asked = 0
    const mayGoOn = () => ++asked <= 2
    expect(await carry(through(failing('full-when-asked')), requests(), { mayGoOn })).toEqual([])
  })
})

describe('with `direct` as the fallback', () => {
  const withFallback = (url: string) => {
    const limiter = new Limiter(CONCURRENCY)
    return through(url, { fallback: directTransport(limiter) }, limiter)
  }

  const declining = [nowhereUrl, failing('mute'), failing('full'), failing('full-when-asked'), failing('other-wire')]
  test.each(declining)('what the egress has nothing of leaves directly: %s', async (url) => {
    const answers = await carry(withFallback(url), [...requests(), new Error('no key'), ...requests()])
    expect(answers.map(inShort)).toEqual(['200', '200', 'no: build_failed', '200', '200'])
  })

  const losing = ['dies', 'dies-later', 'silent', 'gateway', 'gateway-busy', 'cut-short']
  test.each(losing)('what it may have sent is not sent again: %s', async (way) => {
    const answers = await carry(withFallback(failing(way)), requests())
    expect(answers[1]).toEqual({ kind: 'no_answer', sent: 'maybe', reason: 'egress_lost' })
  })

  test('all tickets of an invocation together have six pushes in flight', async () => {
    const transport = withFallback(failing('full-when-asked'))
    const ticket = Array.from({ length: 3 * CONCURRENCY }, () => requestTo(`${serviceUrl}/crowd`))
    await Promise.all([carry(transport, ticket), carry(transport, ticket)])
    const [most] = await carry(transport, [requestTo(`${serviceUrl}/most`)])
    expect(most).toMatchObject({ body: String(CONCURRENCY) })
  })

  test('a dead egress is asked by one ticket, not by every one', async () => {
    const url = failing('mute')
    await carry(withFallback(url), requests())
    const startedAt = performance.now()
    for (let ticket = 0; ticket < 10; ticket++) await carry(withFallback(url), requests())
    expect(performance.now() - startedAt).toBeLessThan(10 * IMPATIENCE.readyMs)
  })
})

test('an egress that was gone is asked again by one ticket at a time, and by all once it is back', () => {
  const outages = new Outages()
  expect(outages.mayAsk('url', 0)).toBe(true)
  outages.noteGone('url', 0)
  expect(outages.mayAsk('another', 1)).toBe(true)
  expect([4_999, 5_000, 5_001, 9_999, 10_000].map((now) => outages.mayAsk('url', now))).toEqual([
    false,
    true,
    false,
    false,
    true,
  ])
  outages.noteThere('url')
  expect(outages.mayAsk('url', 10_001)).toBe(true)
})

test('a ticket after a suspect answer takes new connections, and only that pool does', async () => {
  const judge = () => 'suspect' as const
  const open = async (pool: string, how = {}) => {
    const [answer] = await carry(through(egressUrl), [requestTo(`${serviceUrl}/connection`)], { pool, ...how })
    return answer?.kind === 'response' ? answer.body : ''
  }
  const first = await open('suspect', { judge })
  const other = await open('other')
  expect(await open('other')).toBe(other)
  expect(await open('suspect')).not.toBe(first)
})
