/** Whoever mutes the console in a test does it so that it is still read for secrets (test/console/overheard.ts). */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './root.ts'

const FOLDERS = '{bench,dev,docs,durable-objects,egress,examples,push,schema,sdk,sim,test,workers}'
/** The only ones that replace what is on the console. */
const EARS = ['test/console/listen.ts', 'test/console/overheard.ts']

/** A spy on the console, another method, another console. */
const OTHER_MUTES =
  /spyOn\(\s*(?:globalThis\.)?console\b|\bconsole(?:\.\w+|\[[^\]]+\])\s*=[^=]|stubGlobal\(\s*['"]console|(?:assign|defineProperty)\(\s*(?:globalThis\.)?console\b/

const isTest = (path: string) => path.startsWith('test/') || path.endsWith('.test.ts')

it.each([
  "vi.spyOn(console, 'error').mockImplementation(() => {})",
  "vi.spyOn(globalThis.console, 'warn')",
  'console.log = () => {}',
  'console[method] = nothing',
  "vi.stubGlobal('console', {})",
  'Object.assign(console, { error: nothing })',
])('%s is a mute', (text) => expect(text).toMatch(OTHER_MUTES))

it('no test mutes the console but by muteConsole', () => {
  const tests = globSync(`${FOLDERS}/**/*.ts`, { cwd: ROOT }).filter(isTest)
  expect(tests.length).toBeGreaterThan(200)
  const muting = tests
    .filter((path) => path !== 'dev/console-mutes.test.ts' && !EARS.includes(path))
    .filter((path) => OTHER_MUTES.test(readFileSync(join(ROOT, path), 'utf8')))
  expect(muting).toEqual([])
})
