import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findLanes } from '../push/lanes.ts'
import { withLanes } from './lanes-config.ts'

const TOML = readFileSync(new URL('../wrangler.toml', import.meta.url), 'utf8')

function producersOf(toml: string): string[] {
  return [...toml.matchAll(/^binding = "(DELIVER_\w+)"$/gm)].map(([, name]) => name!)
}

describe('a configuration with more lanes', () => {
  it('binds them where deliveries look for them', () => {
    const { ordinary } = findLanes(producersOf(withLanes(TOML, 3, '/root')))
    expect(ordinary.fcm).toEqual(['DELIVER_FCM', 'DELIVER_FCM_2', 'DELIVER_FCM_3'])
    expect(ordinary.apns).toHaveLength(3)
    expect(ordinary.webpush).toHaveLength(3)
  })

  it('has a consumer for every queue', () => {
    const toml = withLanes(TOML, 4, '/root')
    const produced = [...toml.matchAll(/^binding = "DELIVER_\w+"\nqueue = "(.*)"$/gm)].map(([, queue]) => queue)
    const consumed = [...toml.matchAll(/consumers\]\]\nqueue = "(.*)"$/gm)].map(([, queue]) => queue)
    expect(consumed).toEqual(expect.arrayContaining(produced))
  })

  it('consumes the added lanes as the first ones', () => {
    const settings = (queue: string, toml: string) =>
      toml.split(`consumers]]\nqueue = "${queue}"\n`)[1]!.split('\n\n')[0]!
    const toml = withLanes(TOML, 2, '/root')
    expect(settings('deliver-fcm-2', toml).trim()).toBe(settings('deliver-fcm', toml).trim())
  })

  it('is refused where there is no lane to copy', () => {
    expect(() => withLanes('main = "index.ts"', 2, '/root')).toThrow('deliver-fcm')
  })

  it('finds the code from wherever it lies', () => {
    expect(withLanes(TOML, 1, '/root')).toContain('main = "/root/workers/index.ts"')
  })
})
