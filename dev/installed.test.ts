import { describe, expect, it } from 'vitest'
import { findMismatch, type LockedPackage } from './installed.mjs'

const hono = { version: '4.13.19', integrity: 'sha512-a' }
const biomeForWindows = { version: '2.6.8', integrity: 'sha512-b', optional: true }

describe('whether node_modules matches the lock file', () => {
  const cases: { when: string; installed: Record<string, LockedPackage>; mismatch: string | null }[] = [
    { when: 'all is there', installed: { 'node_modules/hono': hono }, mismatch: null },
    { when: 'nothing is there', installed: {}, mismatch: 'node_modules/hono' },
    {
      when: 'another version is there',
      installed: { 'node_modules/hono': { ...hono, version: '4.0.0' } },
      mismatch: 'node_modules/hono',
    },
    {
      when: 'the same version with other bytes is there',
      installed: { 'node_modules/hono': { ...hono, integrity: 'sha512-z' } },
      mismatch: 'node_modules/hono',
    },
    {
      when: 'another version of an optional package is there',
      installed: { 'node_modules/hono': hono, 'node_modules/biome-win32': { ...biomeForWindows, version: '1.0.0' } },
      mismatch: 'node_modules/biome-win32',
    },
  ]
  it.each(cases)('when $when: $mismatch', ({ installed, mismatch }) => {
    const wanted = { '': { version: '0.1.0' }, 'node_modules/hono': hono, 'node_modules/biome-win32': biomeForWindows }
    expect(findMismatch({ packages: wanted }, { packages: installed })).toBe(mismatch)
  })
})
