/** What the settings make of the way out. */
import { env } from 'cloudflare:workers'
import { describe, expect, inject, test } from 'vitest'
import { chooseWayOut } from '../../workers/jobs/way-out.ts'
import { carry, inShort, requestTo } from '../egress/carry.ts'
import type {} from '../egress/ways-out.ts'

const { serviceUrl, nowhereUrl, egressUrl, egressKey } = inject('waysOut')

async function sendWith(settings: Partial<Env>): Promise<string> {
  const { transport } = chooseWayOut({ ...env, EGRESS_KEY: egressKey, ...settings })
  const [answer] = await carry(transport, [requestTo(`${serviceUrl}/fine`)])
  return inShort(answer)
}

test('without an egress pushes leave directly, two tickets in hand; with one, as many as may be in flight', () => {
  expect(chooseWayOut({ ...env, EGRESS_URL: '' }).ticketsInHand).toBe(2)
  expect(chooseWayOut({ ...env, EGRESS_URL: egressUrl, DELIVERY_CONCURRENCY: '6' }).ticketsInHand).toBe(6)
})

describe('while the egress is down', () => {
  const rows: [EGRESS_FALLBACK: string, answer: string][] = [
    ['wait', 'no: egress_lost'],
    ['direct', '200'],
    ['Direct', 'no: egress_lost'],
    ['', 'no: egress_lost'],
  ]
  test.each(rows)('EGRESS_FALLBACK=%s: %s', async (fallback, answer) => {
    expect(await sendWith({ EGRESS_URL: nowhereUrl, EGRESS_FALLBACK: fallback })).toBe(answer)
  })
})

test('an egress behind a binding is reached through it, whatever its address says', async () => {
  const pools: (string | null)[] = []
  const binding = {
    fetch(url: string, init: RequestInit) {
      pools.push(new Headers(init.headers).get('fanfare-pool'))
      return fetch(url.replace('http://egress', egressUrl), init)
    },
  }
  const EGRESS = binding as unknown as Fetcher
  expect(await sendWith({ EGRESS_URL: 'http://egress', EGRESS })).toBe('200')
  expect(pools).toEqual(['pool', 'pool'])
})
