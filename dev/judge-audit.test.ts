import { expect, it } from 'vitest'
import { judgeAudit } from './judge-audit.ts'

const report = (vulnerabilities: Record<string, number>) =>
  JSON.stringify({ auditReportVersion: 2, metadata: { vulnerabilities } })

it.each([
  ['nothing', '', false, 'not asked'],
  ['no JSON', 'npm error', false, 'not asked'],
  ['null', 'null', false, 'not asked'],
  ['an error', '{"message":"request failed","error":{"summary":""}}', false, 'not asked'],
  ['a clean report', report({ info: 0, low: 0, moderate: 0, high: 0, critical: 0, total: 0 }), false, 'no known'],
  ['a report of two', report({ info: 0, low: 1, moderate: 0, high: 1, critical: 0, total: 2 }), true, '1 low, 1 high'],
])('an audit that answered %s', (_what, output, vulnerable, words) => {
  expect(judgeAudit(output)).toEqual({ vulnerable, words: expect.stringContaining(words) })
})
