/**
 * Reads what is said on the console for secrets, as somebody who reads the log would see it. What they are is not kept.
 * A test that wants the console to be silent mutes it here, and is heard all the same; dev/console-mutes.test.ts sees to it.
 */
import { inspect } from 'node:util'
import { type MockInstance, vi } from 'vitest'
import { findSecrets } from '../../dev/find-secrets.ts'
import { TEST_SECRETS } from '../secrets.ts'
import { canariesIn } from './canaries.ts'

export const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const
export type Method = (typeof METHODS)[number]

/** A secret that was said. */
export interface Overheard {
  readonly method: Method
  readonly kinds: readonly string[]
  /** The line of code that said it, as far as its stack tells. */
  readonly at: string
}

let overheard: Overheard[] = []

/** To be called for whatever is said on the console. */
export function overhear(method: Method, words: readonly unknown[]): void {
  const text = words.map(render).join(' ')
  const kinds = [...new Set([...findSecrets(text, TEST_SECRETS), ...canariesIn(text)])]
  if (kinds.length > 0) overheard.push({ method, kinds, at: whoSpeaks() })
}

/** What was overheard since the last time. */
export function takeOverheard(): Overheard[] {
  const taken = overheard
  overheard = []
  return taken
}

/** @throws Error when a secret was overheard since the last time */
export function expectNothingOverheard(): void {
  const told = takeOverheard().map(({ method, kinds, at }) => `console.${method} was given ${kinds.join(', ')}, ${at}`)
  if (told.length > 0) throw new Error(`A secret was logged: ${told.join('; ')}`)
}

/** Keeps the console quiet; what it is told is read all the same. Ends as any mock does. */
export function muteConsole(method: 'error' | 'warn'): MockInstance<typeof console.error> {
  return vi.spyOn(console, method).mockImplementation((...words: unknown[]) => overhear(method, words))
}

/** Everything that is in it, at any depth: a log that shows less today may show more tomorrow. */
function render(word: unknown): string {
  if (typeof word === 'string') return word
  return inspect(word, {
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  })
}

function whoSpeaks(): string {
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  return (
    frames.find((frame) => !/test\/console\/(?:overheard|listen)\.ts|node_modules/.test(frame))?.trim() ?? 'somewhere'
  )
}
