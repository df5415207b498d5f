import { describe, expect, it } from 'vitest'
import { type AuditEntry, bounded, outcomeOf } from './audit-entry.ts'

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

  it('keep the length of details that are too long, not the details', () => {
    const after = { allowed_origins: Array.from({ length: 100 }, () => 'x'.repeat(200)) }
    expect(bounded({ ...entry, after }).after).toEqual({ omitted_characters: JSON.stringify(after).length })
  })
})
