/** What `npm audit --json` said, in words. Pure. */

export interface Verdict {
  readonly vulnerable: boolean
  readonly words: string
}

interface Report {
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> }
}

/** @param output anything: npm's report, its report of an error, or nothing */
export function judgeAudit(output: string): Verdict {
  const counts = countsIn(output)
  if (counts === null) return { vulnerable: false, words: 'not asked, because no registry answers audits here' }
  const found = Object.entries(counts).filter(([severity, count]) => severity !== 'total' && count > 0)
  if (found.length === 0) return { vulnerable: false, words: 'no known vulnerability' }
  const words = found.map(([severity, count]) => `${count} ${severity}`).join(', ')
  return { vulnerable: true, words: `known vulnerabilities: ${words}. See npm audit` }
}

function countsIn(output: string): Readonly<Record<string, number>> | null {
  try {
    return (JSON.parse(output) as Report | null)?.metadata?.vulnerabilities ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
