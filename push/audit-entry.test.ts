import { describe, expect, it } from 'vitest'
import { makeApiKey } from './api-key.ts'
import { type AuditEntry, bounded, outcomeOf } from './audit-entry.ts'
import { KEY_RANDOM_BYTES } from './key-text.ts'

const entry: AuditEntry = {
  action: 'changeSettings',
  target: 'app_1',
  actor: { kind: 'root', id: null, name: null, role: null, user_id: null },
  origin: { ip: null, country: null, asn: null, user_agent: 'curl/8', request_id: 'req_1' },
  outcome: 'done',
  status: 200,
  code: null,
  before: { sign_messages: false },
  after: { sign_messages: true },
}

describe('what came of a call', () => {
  it.each([
    [200, 'done'],
    [202, 'done'],
    [204, 'done'],
    [400, 'refused'],
    [403, 'refused'],
    [422, 'refused'],
    [500, 'failed'],
    [503, 'failed'],
  ] as const)('%i is %s', (status, outcome) => {
    expect(outcomeOf(status)).toBe(outcome)
  })
})

describe('the bounds of an entry', () => {
  it('leave alone what is of an ordinary size', () => {
    expect(bounded(entry)).toEqual(entry)
  })

  it('cut what a caller may make as long as he likes', () => {
    const { origin, target } = bounded({
      ...entry,
      target: 'x'.repeat(5_000),
      origin: {
        ...entry.origin,
        ip: '1'.repeat(5_000),
        user_agent: `${'x'.repeat(255)}😀`,
        request_id: 'r'.repeat(5_000),
      },
    })
    expect([target?.length, origin.request_id?.length, origin.ip?.length]).toEqual([1_000, 1_000, 45])
    expect(origin.user_agent).toBe(`${'x'.repeat(255)}\ufffd`)
  })

  it('leave no secret in any of its texts, wherever somebody has put one', () => {
    const key = makeApiKey(
      false,
      new Uint8Array(KEY_RANDOM_BYTES).map((_, index) => index),
    )
    const whole = bounded({
      ...entry,
      target: key,
      actor: { ...entry.actor, name: `${'x'.repeat(990)} ${key}`, user_id: key },
      origin: { ...entry.origin, user_agent: `${'x'.repeat(230)} ${key}` },
      after: { name: `prod ${key}`, deep: [{ [key]: key }], sign_messages: true },
    })
    expect(JSON.stringify(whole)).not.toContain(key.slice(0, 20))
    const said = '[an API key]'
    expect(whole).toMatchObject({
      target: said,
      after: { name: said, deep: [{ [said]: said }], sign_messages: true },
    })
  })

  it('keep the length of a field that is too long, and every field that is not', () => {
    const allowed_origins = Array.from({ length: 100 }, () => 'x'.repeat(200))
    const small = { sign_messages: true, audit_retention_days: 30, note: 'short', none: null }
    const { before, after } = bounded({ ...entry, before: small, after: { allowed_origins, ...small } })
    expect(before).toEqual(small)
    const omitted_characters = JSON.stringify(allowed_origins).length
    expect(after).toEqual({ allowed_origins: { omitted_characters }, ...small })
  })

  it('take the longest fields first, and no more than it needs', () => {
    const after = { a: 'a'.repeat(9_000), b: 'b'.repeat(10_000), c: 'c'.repeat(4_000) }
    expect(bounded({ ...entry, after }).after).toEqual({ ...after, b: { omitted_characters: 10_002 } })
  })

  it('keep the length alone of more short fields than anybody can read', () => {
    const after = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field_${i}`, i]))
    expect(bounded({ ...entry, after }).after).toEqual({ omitted_characters: JSON.stringify(after).length })
  })
})
