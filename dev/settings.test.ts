import { describe, expect, it } from 'vitest'
import { decideSettings, egressHosts, type Vars } from './settings.ts'

const kept = { rootKey: 'kept-root', credentialsKey: 'kept-credentials' }

describe('the settings of the local Worker', () => {
  it('are those of wrangler.toml, with the kept keys and an egress of our own', () => {
    expect(decideSettings({}, { LEASE_SECONDS: '120', EGRESS_URL: '' }, kept)).toEqual({
      vars: { LEASE_SECONDS: '120', EGRESS_URL: '', ROOT_KEY: 'kept-root', CREDENTIALS_KEY: 'kept-credentials' },
      wantsEgress: true,
      rootKeyMade: true,
    })
  })

  it('take what the command line gives before what is configured', () => {
    const { vars, rootKeyMade } = decideSettings({ ROOT_KEY: 'given' }, { ROOT_KEY: 'configured' }, kept)
    expect(vars.ROOT_KEY).toBe('given')
    expect(rootKeyMade).toBe(false)
  })

  it('have no root key when an empty one is given', () => {
    expect(decideSettings({ ROOT_KEY: '' }, {}, kept).vars.ROOT_KEY).toBe('')
  })

  const ways: { given: Vars; configured: Vars; wantsEgress: boolean }[] = [
    { given: {}, configured: { EGRESS_URL: '' }, wantsEgress: true },
    { given: { EGRESS_URL: '' }, configured: {}, wantsEgress: false },
    { given: { EGRESS_URL: 'http://egress:8788' }, configured: {}, wantsEgress: false },
    { given: {}, configured: { EGRESS_URL: 'http://egress:8788' }, wantsEgress: false },
  ]
  it.each(ways)('want an egress of our own: $wantsEgress with $given over $configured', (way) => {
    expect(decideSettings(way.given, way.configured, kept).wantsEgress).toBe(way.wantsEgress)
  })
})

describe('the places that a local egress may reach', () => {
  it('are the configured bases, once each, and the allowed hosts over https and http', () => {
    const vars = {
      FCM_URL: 'http://127.0.0.1:9001/base',
      APNS_URL: 'https://localhost:9002',
      APNS_SANDBOX_URL: 'https://localhost:9002',
      WEBPUSH_ALLOWED_HOSTS: ' localhost:9003, push.example',
    }
    expect(egressHosts(vars)).toEqual([
      'http://127.0.0.1:9001',
      'https://localhost:9002',
      'https://localhost:9003',
      'http://localhost:9003',
      'https://push.example',
      'http://push.example',
    ])
  })
})
