/**
 * A small runner: stories in order, each a sentence and what proves it. Later stories go on where earlier ones ended,
 * so the first failure of a chapter ends the chapter. (vitest runs tests that need no browser; these share one.)
 */

export interface Story {
  /** What the reader may believe when it passes. */
  readonly name: string
  run(): Promise<void>
}

export interface Tally {
  passed: number
  failed: number
}

/** Longest that anything may take on a slow machine: a fan-out, a push, a page. */
const PATIENCE_MS = 20_000
const POLL_MS = 50

/** Runs a chapter and prints each story as it ends. `onFailure` may save what helps to understand it. */
export async function tell(
  title: string,
  stories: readonly Story[],
  tally: Tally,
  onFailure: (name: string) => Promise<void> = async () => undefined,
): Promise<void> {
  console.log(`\n${title}`)
  for (const [index, story] of stories.entries()) {
    try {
      await story.run()
      tally.passed++
      console.log(`  ✓ ${story.name}`)
    } catch (error) {
      const untold = stories.length - index - 1
      tally.failed += 1 + untold
      console.log(
        `  ✗ ${story.name}\n${indent(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
      )
      if (untold > 0) console.log(`  - ${untold} not told: they go on from there`)
      await onFailure(story.name)
      return
    }
  }
}

/** Waits until `look` answers something other than undefined. @throws saying what never came */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`${what}: did not happen within ${PATIENCE_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}
