import { describe, expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

describe('the names of this machine', () => {
  it.each(['127.0.0.1', '127.1', '2130706433', '127.255.255.254', 'localhost', 'LOCALHOST', 'a.localhost', '[::1]'])(
    'are %s',
    (host) => expect(isLoopback(new URL(`http://${host}`).hostname)).toBe(true),
  )

  it('are an address without brackets too', () => {
    expect(isLoopback('::1')).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '128.0.0.1',
    '10.0.0.1',
    '[::]',
    '[::2]',
    '127.0.0.1.example',
    'localhost.example',
    'notlocalhost',
    'push.example',
  ])('are not %s', (host) => expect(isLoopback(new URL(`http://${host}`).hostname)).toBe(false))
})
