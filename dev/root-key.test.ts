import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { hasChecksum } from '../push/key-text.ts'
import { ROOT } from './root.ts'

it('npm run keys:root prints another key each time, its hash, and the command that sets the hash', async () => {
  const run = async () => (await promisify(execFile)(process.execPath, [join(ROOT, 'dev', 'root-key.ts')])).stdout
  const [page, other] = [await run(), await run()]
  const [key] = /root_\w+/.exec(page)!
  const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`
  expect(hasChecksum(key)).toBe(true)
  expect(other).not.toContain(key)
  expect(page).toContain(`echo ${hash} | npx wrangler secret put ROOT_KEY`)
  expect(page.split(key)).toHaveLength(2)
})
