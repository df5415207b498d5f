import { describe, expect, it } from 'vitest'
import {
  nextWebhookStep,
  readWebhookStatus,
  WEBHOOK_ATTEMPTS,
  type WebhookResult,
  type WebhookTried,
} from './webhook-retry.ts'

const tried: WebhookTried = { attempt: 1, acceptedSince: false, now: 1_000_000, random: 0, baseSeconds: 10 }
const refused: WebhookResult = { status: 500, error: 'http_500' }

const waitOf = (result: WebhookResult, change: Partial<WebhookTried> = {}) => {
  const step = nextWebhookStep(result, { ...tried, ...change })
  return step.kind === 'retry' ? (step.retryAt - tried.now) / 1000 : step.kind
}

describe('what a status means', () => {
  it.each([
    [200, null],
    [204, null],
    [299, null],
    [101, 'http_101'],
    [301, 'redirected'],
    [304, 'redirected'],
    [308, 'redirected'],
    [400, 'http_400'],
    [410, 'http_410'],
    [429, 'http_429'],
    [503, 'http_503'],
  ])('%i: %s', (status, failure) => {
    expect(readWebhookStatus(status)).toBe(failure)
  })
})

describe('the schedule', () => {
  it.each([
    [1, 5],
    [2, 300],
    [3, 1_800],
    [4, 7_200],
    [5, 18_000],
    [6, 36_000],
    [7, 50_400],
    [8, 72_000],
    [9, 86_400],
    [10, 'failed'],
    [11, 'failed'],
  ])('after attempt %i waits %s', (attempt, wait) => {
    expect(waitOf(refused, { attempt })).toBe(wait)
  })

  it('stretches a wait by a fifth at most, and scales it with the retry base', () => {
    expect(waitOf(refused, { random: 0.5 })).toBe(5.5)
    expect(waitOf(refused, { attempt: 2, random: 1 })).toBe(360)
    expect(waitOf(refused, { attempt: 2, baseSeconds: 0.1 })).toBe(3)
  })

  it.each([
    ['a wait that is longer than the schedule', 60, 60],
    ['one that is shorter', 1, 5],
    ['one of more than a day', 1_000_000, 86_400],
    ['none', 0, 5],
  ])('obeys Retry-After: %s', (_what, retryAfterSeconds, wait) => {
    expect(waitOf({ ...refused, retryAfterSeconds })).toBe(wait)
  })

  it('does not scale what the receiver names', () => {
    expect(waitOf({ ...refused, retryAfterSeconds: 7 }, { baseSeconds: 0.1 })).toBe(7)
  })
})

describe('the end', () => {
  it.each<[string, WebhookResult, Partial<WebhookTried>, object]>([
    ['it was taken', { status: 204, error: null }, {}, { kind: 'delivered' }],
    ['it was taken at last', { status: 200, error: null }, { attempt: WEBHOOK_ATTEMPTS }, { kind: 'delivered' }],
    ['410 disables at once', { status: 410, error: 'http_410' }, {}, { kind: 'failed', disable: 'gone' }],
    ['nothing was taken for three days', refused, { attempt: 10 }, { kind: 'failed', disable: 'failing' }],
    ['others were taken meanwhile', refused, { attempt: 10, acceptedSince: true }, { kind: 'failed', disable: null }],
    ['disabled meanwhile', { status: null, error: 'webhook_disabled' }, {}, { kind: 'failed', disable: null }],
    ['deleted meanwhile', { status: null, error: 'webhook_deleted' }, {}, { kind: 'failed', disable: null }],
  ])('%s', (_what, result, change, step) => {
    expect(nextWebhookStep(result, { ...tried, ...change })).toEqual(step)
  })

  it.each([
    'redirected',
    'timeout',
    'connection_failed',
    'url_not_allowed',
    'private_address',
    'name_not_resolved',
    'secret_unreadable',
  ] as const)('%s is tried again', (error) => {
    expect(waitOf({ status: null, error })).toBe(5)
  })
})
