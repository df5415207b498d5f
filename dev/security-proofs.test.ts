import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './root.ts'
import { findProofs } from './security-proofs.ts'

const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')

describe('the proofs of SECURITY.md', () => {
  it('are the tests it links to, each once, and the folder of attacks', () => {
    const text = 'a [b](push/b.test.ts), [a](push/a.test.ts) and [b](push/b.test.ts), not [c](push/c.ts)'
    expect(findProofs(`${text}, [d](test/security/d.test.ts)`)).toEqual([
      'push/a.test.ts',
      'push/b.test.ts',
      'test/security/',
    ])
  })

  it('are named by every row of its threats', () => {
    const threats = page.split('\n## ').find((chapter) => chapter.startsWith('Threats'))!
    const rows = threats.split('\n').filter((line) => line.startsWith('| **'))
    expect(rows.length).toBeGreaterThan(20)
    const unproven = rows.filter((row) => !/\.test\.ts\)|biome\.json\)/.test(row.split('|').at(-2)!))
    expect(unproven).toEqual([])
  })
})
