import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PLATFORM_LIMITS } from './platform-limits.ts'

it('what is said of the platform’s counters is what wrangler.toml has set', () => {
  const toml = readFileSync(new URL('../wrangler.toml', import.meta.url), 'utf8')
  const set = /^\[\[ratelimits\]\]\nname = "(\w+)"\n.*\nsimple = \{ limit = (\d+), period = (\d+) \}$/gm
  const limits = [...toml.matchAll(set)].map(([, name, limit, period]) => [
    name,
    { limit: Number(limit), windowSeconds: Number(period) },
  ])
  expect(Object.fromEntries(limits)).toEqual(PLATFORM_LIMITS)
})
