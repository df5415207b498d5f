import { describe, expect, it } from 'vitest'
import {
  beginWebhookDelivery,
  leaseWebhookDelivery,
  queueWebhookDelivery,
  replayWebhookDelivery,
  settleWebhookDelivery,
  type WebhookDelivery,
} from './webhook-delivery.ts'
import { WEBHOOK_ATTEMPTS, type WebhookResult } from './webhook-retry.ts'

const LEASE_MS = 100
const NOW = 1_000
const begun = beginWebhookDelivery({ webhookId: 'wh_1', id: 'whd_1', eventKey: 'key' }, NOW)
const queued = queueWebhookDelivery(begun, NOW, LEASE_MS)
const terms = { now: NOW, random: 0, baseSeconds: 10, acceptedSince: false }

const lease = (delivery: WebhookDelivery, now: number) => leaseWebhookDelivery(delivery, 'lease', now, LEASE_MS)
const leased = (lease(queued, NOW) as { delivery: WebhookDelivery }).delivery

function settle(delivery: WebhookDelivery, result: WebhookResult) {
  return settleWebhookDelivery(delivery, { ...result, at: NOW, latencyMs: 7 }, terms).delivery
}

describe('a delivery is leased', () => {
  it.each<[string, WebhookDelivery, number, string]>([
    ['when its message is there', queued, NOW, 'leased'],
    ['when its message comes late', queued, NOW + 10 * LEASE_MS, 'leased'],
    ['when it is due, without a message', begun, NOW, 'leased'],
    ['not before its retry', { ...begun, nextAt: NOW + 1 }, NOW, 'nothing'],
    ['not while another consumer has it', leased, NOW + LEASE_MS - 1, 'nothing'],
    ['again when that one has died', leased, NOW + LEASE_MS, 'leased'],
    ['not when it is over', settle(leased, { status: 200, error: null }), NOW + 1e9, 'nothing'],
    ['not when every attempt ended in a death', { ...leased, tries: WEBHOOK_ATTEMPTS }, NOW + LEASE_MS, 'given_up'],
  ])('%s', (_when, delivery, now, kind) => {
    expect(lease(delivery, now).kind).toBe(kind)
  })

  it('and a death is an attempt in the log', () => {
    const again = lease(leased, NOW + LEASE_MS)
    expect(again).toMatchObject({
      kind: 'leased',
      delivery: { tries: 2, attempts: [{ at: NOW, latencyMs: LEASE_MS, status: null, error: 'unreported' }] },
    })
    expect(queueWebhookDelivery(leased, NOW + LEASE_MS, LEASE_MS)).toMatchObject({
      state: 'queued',
      leaseId: null,
      attempts: [{ at: NOW, error: 'unreported' }],
    })
    expect(lease({ ...leased, tries: WEBHOOK_ATTEMPTS }, NOW + LEASE_MS)).toMatchObject({
      delivery: { state: 'failed', nextAt: null, settledAt: NOW + LEASE_MS },
    })
  })
})

describe('a delivery is settled', () => {
  it.each<[string, WebhookResult, Partial<WebhookDelivery>]>([
    ['delivered', { status: 200, error: null }, { state: 'delivered', nextAt: null, settledAt: NOW }],
    ['to be tried again', { status: 500, error: 'http_500' }, { state: 'waiting', nextAt: NOW + 5_000 }],
    ['failed', { status: 410, error: 'http_410' }, { state: 'failed', nextAt: null, settledAt: NOW }],
  ])('as %s', (_as, result, expected) => {
    const { status, error } = result
    expect(settle(leased, result)).toMatchObject({
      ...expected,
      leaseId: null,
      attempts: [{ at: NOW, latencyMs: 7, status, error }],
    })
  })

  it('and the log keeps the last twenty attempts', () => {
    let delivery = leased
    for (let i = 0; i < 25; i++)
      delivery = settle({ ...delivery, tries: 1 }, { status: 500 + i, error: `http_${500 + i}` })
    expect(delivery.attempts).toHaveLength(20)
    expect(delivery.attempts.at(-1)?.status).toBe(524)
  })
})

describe('a delivery is replayed', () => {
  const over = settle({ ...leased, tries: 10 }, { status: 500, error: 'http_500' })

  it('from the beginning of the schedule, and its log goes on', () => {
    const replayed = replayWebhookDelivery(over, NOW + 1)
    expect(replayed).toMatchObject({ state: 'waiting', tries: 0, nextAt: NOW + 1, startedAt: NOW + 1, settledAt: null })
    expect(replayed.attempts).toEqual(over.attempts)
  })

  it('but not while it is under way', () => {
    expect(replayWebhookDelivery(leased, NOW + 1)).toBe(leased)
  })
})
