/**
 * `npm run audit:verify`: recomputes the chain of an audit log, from an exported file or from a platform. Ends with 0 when
 * everything holds, with 1 when something does not, and says what.
 */
import { createReadStream } from 'node:fs'
import { type AuditFlags, parseAuditFlags } from './audit-flags.ts'
import { fail, readFlags } from './command.ts'
import { linesOf } from './lines-of.ts'
import { verifyLines } from './verify-lines.ts'

const USAGE = `npm run audit:verify -- --file EXPORT [--head SEQUENCE:HASH]
npm run audit:verify -- --url URL [--app APP] [--head SEQUENCE:HASH]

  --file  what GET /v1/audit/export answered
  --url   a platform; ROOT_KEY, or an app's admin key as ADMIN_KEY, is taken from the environment
  --app   with ROOT_KEY: the log of this app. Left out: the operator's own
  --head  what GET /v1/audit/head answered some other time. Only with it is a cut-off end found`

const flags = readFlags(parseAuditFlags, USAGE)

try {
  const verdict = await verifyLines(linesOf(await open(flags)), flags.head, (rows) =>
    console.error(`${rows} rows hold …`),
  )
  if ('broken' in verdict) throw new Error(verdict.broken)
  const { log, rows, last, anchor, pruned, noted } = verdict
  console.log(`The audit log of ${log} holds: ${rows} rows, up to number ${last.sequence}.`)
  if (anchor.sequence > 0) console.log(`It has forgotten rows 1 to ${anchor.sequence}, and said so at ${pruned?.at}.`)
  console.log(`Head ${last.sequence}:${last.hash}`)
  if (noted === null)
    console.log('Whether its end was cut off is not known: compare with a head that was noted (--head).')
} catch (error) {
  fail(error)
}

async function open({ file, url, app }: AuditFlags): Promise<AsyncIterable<Uint8Array>> {
  if (file !== null) return createReadStream(file)
  const key = process.env.ADMIN_KEY ?? process.env.ROOT_KEY
  if (key === undefined) throw new Error('Set ROOT_KEY, or ADMIN_KEY to a key of the app, in the environment.')
  const address = new URL('/v1/audit/export', url!)
  if (app !== null) address.searchParams.set('app', app)
  const response = await fetch(address, { headers: { authorization: `Bearer ${key}` } })
  if (!response.ok || response.body === null) {
    throw new Error(`${address} answered ${response.status}: ${await response.text()}`)
  }
  return response.body
}
