import { describe, expect, test } from 'vitest'
import { WELL_KNOWN_HOSTS } from './allowed-hosts.ts'
import { readEnvironment } from './environment.ts'

describe('the environment', () => {
  test('needs a key and nothing else', () => {
    expect(readEnvironment({ EGRESS_KEY: 'secret' })).toEqual({
      host: '127.0.0.1',
      port: 8788,
      key: 'secret',
      allowedHosts: WELL_KNOWN_HOSTS,
      connectTo: {},
      limits: { maxTickets: 64, maxHeldBytes: 128 * 1024 * 1024 },
    })
  })

  test('adds places and says where they are', () => {
    const options = readEnvironment({
      EGRESS_KEY: 'secret',
      HOST: '0.0.0.0',
      PORT: '0',
      EGRESS_ALLOWED_HOSTS: ' localhost:8443, http://127.0.0.1:8080 ,',
      EGRESS_MAX_TICKETS: '8',
      EGRESS_MAX_HELD_MIB: '32',
      EGRESS_CONNECT_TO: 'fcm.googleapis.com=127.0.0.1:1, api.push.apple.com=[::1]:2',
    })
    expect(options).toMatchObject({ host: '0.0.0.0', port: 0 })
    expect(options.allowedHosts.slice(WELL_KNOWN_HOSTS.length)).toEqual(['localhost:8443', 'http://127.0.0.1:8080'])
    expect(options.limits).toEqual({ maxTickets: 8, maxHeldBytes: 32 * 1024 * 1024 })
    expect(options.connectTo).toEqual({ 'fcm.googleapis.com': '127.0.0.1:1', 'api.push.apple.com': '[::1]:2' })
  })

  const wrong: [variable: string, env: Record<string, string>][] = [
    ['EGRESS_KEY', {}],
    ['EGRESS_KEY', { EGRESS_KEY: '' }],
    ['PORT', { EGRESS_KEY: 'k', PORT: 'http' }],
    ['PORT', { EGRESS_KEY: 'k', PORT: '70000' }],
    ['EGRESS_MAX_TICKETS', { EGRESS_KEY: 'k', EGRESS_MAX_TICKETS: '0' }],
    ['EGRESS_MAX_HELD_MIB', { EGRESS_KEY: 'k', EGRESS_MAX_HELD_MIB: 'much' }],
    ['EGRESS_CONNECT_TO', { EGRESS_KEY: 'k', EGRESS_CONNECT_TO: 'host' }],
    ['EGRESS_CONNECT_TO', { EGRESS_KEY: 'k', EGRESS_CONNECT_TO: 'host=address' }],
  ]
  test.each(wrong)('names %s when it is wrong: %j', (variable, env) => {
    expect(() => readEnvironment(env)).toThrow(variable)
  })
})
