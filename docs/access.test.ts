/** docs/access.md says what the tables of access say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderAccessPage } from '../dev/access-page.ts'

it('docs/access.md is what `npm run docs:access` writes', () => {
  const page = readFileSync(join(import.meta.dirname, 'access.md'), 'utf8')
  expect(page, 'the tables have changed since: npm run docs:access').toBe(renderAccessPage())
})
