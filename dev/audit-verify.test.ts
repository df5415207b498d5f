/** The command as it is run: what it prints and how it ends. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditRow, BEGINNING, nextRow } from '../push/audit-chain.ts'
import { ROOT } from './root.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function rowsOf(count: number): AuditRow[] {
  const rows: AuditRow[] = []
  const actor = { kind: 'root', id: null, name: null, role: null, user_id: null } as const
  const origin = { ip: null, country: null, asn: null, user_agent: null, request_id: null }
  const act = { actor, origin, outcome: 'done', status: 200, code: null, before: null, after: null } as const
  for (let i = 0; i < count; i++) {
    const { sequence, hash } = rows.at(-1) ?? BEGINNING
    rows.push(nextRow('app_1', { sequence, hash, at: 0 }, { action: 'createKey', target: null, ...act }, i, sha256))
  }
  return rows
}

const rows = rowsOf(5)
const { sequence, hash } = rows.at(-1)!
const textOf = (kept: readonly AuditRow[]) => {
  const last = kept.at(-1)!
  const ends = [{ anchor: { log: 'app_1', ...BEGINNING } }, { head: { sequence: last.sequence, hash: last.hash } }]
  return [ends[0], ...kept, ends[1]].map((line) => `${JSON.stringify(line)}\n`).join('')
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
})
afterAll(() => rm(folder, { recursive: true }))

function run(args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const command = [join(ROOT, 'dev', 'audit-verify.ts'), ...args]
    execFile(process.execPath, command, { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr })
    })
  })
}

async function verifyFile(text: string, ...args: string[]) {
  const file = join(folder, 'export.ndjson')
  await writeFile(file, text)
  return await run(['--file', file, ...args])
}

describe('npm run audit:verify', () => {
  it('ends with 0 when the file holds, and says what to note', async () => {
    const { code, output } = await verifyFile(textOf(rows))
    expect([code, output]).toEqual([0, expect.stringContaining(`Head ${sequence}:${hash}`)])
  })

  it('ends with 1 and names the first row that is wrong', async () => {
    const changed = rows.map((row) => (row.sequence === 3 ? { ...row, action: 'revokeKey' } : row))
    const { code, output } = await verifyFile(textOf(changed))
    expect([code, output]).toEqual([1, expect.stringContaining('Row 3 was changed')])
  })

  it('ends with 1 when the end is missing that was noted', async () => {
    const { code, output } = await verifyFile(textOf(rows.slice(0, 3)), '--head', `${sequence}:${hash}`)
    expect([code, output]).toEqual([1, expect.stringContaining('its end was cut off')])
  })

  it('ends with 1 when there is no such file', async () => {
    const { code, output } = await run(['--file', join(folder, 'nowhere.ndjson')])
    expect([code, output]).toEqual([1, expect.stringContaining('no such file')])
  })

  it('fetches from a platform with the key of the environment, and is wrong without one', async () => {
    const asked: unknown[] = []
    const server = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization])
      response.end(textOf(rows))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const fetched = await run(['--url', url, '--app', 'app_1'], { ROOT_KEY: 'root' })
    const keyless = await run(['--url', url])
    await new Promise((resolve) => server.close(resolve))
    expect(fetched.code).toBe(0)
    expect(asked).toEqual([['/v1/audit/export?app=app_1', 'Bearer root']])
    expect([keyless.code, keyless.output]).toEqual([1, expect.stringContaining('Set ROOT_KEY')])
  })

  it('ends with 2 and its usage when it is told nothing', async () => {
    const { code, output } = await run([])
    expect([code, output]).toEqual([2, expect.stringContaining('--file EXPORT')])
  })
})
