/** Verifies the lines of an exported audit log as they come, and says how far it is. Reads nothing and prints nothing. */
import { createHash } from 'node:crypto'
import type { ChainPlace } from '../push/audit-chain.ts'
import { type Broken, beginVerification, type Verification, verifyEnd, verifyLine } from '../push/audit-verification.ts'

const PROGRESS_EVERY_ROWS = 10_000

/** @param report is told the number of rows that hold, now and then */
export async function verifyLines(
  lines: AsyncIterable<string>,
  noted: ChainPlace | null,
  report: (rows: number) => void,
): Promise<Verification | Broken> {
  let known = beginVerification(noted)
  for await (const line of lines) {
    const next = verifyLine(known, line, sha256)
    if ('broken' in next) return next
    known = next
    if (known.rows > 0 && known.rows % PROGRESS_EVERY_ROWS === 0) report(known.rows)
  }
  return verifyEnd(known) ?? known
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
