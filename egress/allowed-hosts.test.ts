import { describe, expect, test } from 'vitest'
import { AllowedHosts, WELL_KNOWN_HOSTS } from './allowed-hosts.ts'

describe('an egress that is told of a few places', () => {
  const allowed = new AllowedHosts([
    'push.example',
    'other.example:8443',
    '.push.apple.com',
    'http://127.0.0.1:8080',
    '[::1]:9',
  ])
  const rows: [origin: string, isAllowed: boolean][] = [
    ['https://push.example', true],
    ['https://push.example:8443', false],
    ['http://push.example', false],
    ['https://other.example:8443', true],
    ['https://other.example', false],
    ['http://127.0.0.1:8080', true],
    ['https://127.0.0.1:8080', false],
    ['http://127.0.0.1', false],
    ['https://[::1]:9', true],
    ['https://web.push.apple.com', true],
    ['https://a.b.push.apple.com', true],
    ['https://.push.apple.com', false],
    ['https://push.apple.com', false],
    ['https://evilpush.apple.com', false],
    ['https://web.push.apple.com.evil.example', false],
    ['https://web.push.apple.com:8443', false],
    ['http://web.push.apple.com', false],
    ['https://PUSH.example', false],
    ['https://user@push.example', false],
    ['https://push.example/', false],
    ['file://push.example', false],
    ['nonsense', false],
    ['', false],
  ]
  test.each(rows)('%s: %s', (origin, isAllowed) => {
    expect(allowed.allows(origin)).toBe(isAllowed)
  })
})

test('the well-known ones are those that Fanfare sends to', () => {
  const allowed = new AllowedHosts(WELL_KNOWN_HOSTS)
  const origins = [
    'https://fcm.googleapis.com',
    'https://api.push.apple.com',
    'https://api.sandbox.push.apple.com',
    'https://updates.push.services.mozilla.com',
    'https://web.push.apple.com',
    'https://db5p.notify.windows.com',
  ]
  expect(origins.filter((origin) => !allowed.allows(origin))).toEqual([])
})

test.each(['https://push.example/path', 'ftp://push.example', 'a b', 'user@push.example'])(
  '%j is no place',
  (entry) => {
    expect(() => new AllowedHosts([entry])).toThrow(TypeError)
  },
)
