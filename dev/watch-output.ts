/** Passes on what a process prints, as it comes, and remembers in which lines a secret was. Prints nothing itself. */
import { stripVTControlCharacters } from 'node:util'
import { findSecrets } from './find-secrets.ts'

/** A secret that was printed; what it was is not repeated. */
export interface Spilled {
  /** Counted from 1, in its stream. */
  readonly line: number
  readonly kinds: readonly string[]
}

/**
 * @param from what the process prints
 * @param to where it was to be read
 * @param known secrets that have no shape of their own, by name
 * @returns when it has printed its last
 */
export async function watchOutput(
  from: NodeJS.ReadableStream,
  to: NodeJS.WritableStream,
  known: Readonly<Record<string, string>>,
): Promise<Spilled[]> {
  const spilled: Spilled[] = []
  let lines = 0
  let rest = ''
  const read = (text: string) => {
    const kinds = findSecrets(stripVTControlCharacters(text), known)
    lines++
    if (kinds.length > 0) spilled.push({ line: lines, kinds })
  }
  from.setEncoding('utf8')
  for await (const chunk of from) {
    to.write(chunk)
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const part of parts) read(part)
  }
  if (rest !== '') read(rest)
  return spilled
}
