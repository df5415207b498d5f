import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ROOT } from './root.ts'
import { ATTACKS, findProofs } from './security-proofs.ts'
import { VITEST } from './vitest.ts'

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

  it('are run, every one, by what npm run test:security hands to vitest', async () => {
    const proofs = findProofs(page)
    // `--json` takes what follows it for the file to write to.
    const list = [VITEST, 'list', ...proofs, '--filesOnly', '--json']
    const { stdout } = await promisify(execFile)(process.execPath, list, { cwd: ROOT })
    const listed: { file: string }[] = JSON.parse(stdout.slice(stdout.indexOf('[')))
    const files = listed.map(({ file }) => relative(ROOT, file))
    const attacks = globSync(`${ATTACKS}*.test.ts`, { cwd: ROOT })
    expect(attacks.length).toBeGreaterThan(10)
    expect(files).toEqual(expect.arrayContaining([...proofs.filter((path) => path !== ATTACKS), ...attacks]))
  }, 30_000)
})
