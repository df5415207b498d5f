/**
 * Recognises secrets in logs: what it finds there should never have been written. Those that have a shape are
 * push/secret-shapes.ts; here are also those that only their owner knows. Pure.
 */
import { secretsIn } from '../push/secret-shapes.ts'

/**
 * What kinds of secrets are in a line, each once.
 *
 * @param known secrets that have no shape of their own, by name
 */
export function findSecrets(line: string, known: Readonly<Record<string, string>> = {}): string[] {
  const named = Object.entries(known).filter(([, secret]) => secret !== '' && line.includes(secret))
  return [...secretsIn(line), ...named.map(([name]) => name)]
}
