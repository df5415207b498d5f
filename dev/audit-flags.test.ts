import { describe, expect, it } from 'vitest'
import { parseAuditFlags } from './audit-flags.ts'
import { FlagError } from './flags.ts'

const hash = 'a'.repeat(64)

describe('the flags of npm run audit:verify', () => {
  it('name a file or a platform, and a head that was noted', () => {
    const nothing = { file: null, url: null, app: null, head: null, help: false }
    expect(parseAuditFlags(['--file', 'log.ndjson'])).toEqual({ ...nothing, file: 'log.ndjson' })
    expect(parseAuditFlags(['--url', 'http://127.0.0.1:8787', '--app', 'app_1', '--head', `12:${hash}`])).toEqual({
      ...nothing,
      url: 'http://127.0.0.1:8787',
      app: 'app_1',
      head: { sequence: 12, hash },
    })
    expect(parseAuditFlags(['--help']).help).toBe(true)
  })

  it.each([
    ['neither', []],
    ['both', ['--file', 'a', '--url', 'http://a']],
    ['an app of a file', ['--file', 'a', '--app', 'app_1']],
    ['no address', ['--url', 'nowhere']],
    ['half a head', ['--file', 'a', '--head', hash]],
    ['a short hash', ['--file', 'a', '--head', '1:abc']],
    ['something else', ['--file', 'a', 'b']],
  ])('are wrong with %s', (_what, args) => {
    expect(() => parseAuditFlags(args)).toThrow(FlagError)
  })
})
