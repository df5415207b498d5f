/**
 * Progress in a terminal, drawn over itself; in a log, a plain line now and then. Knows nothing of what it shows.
 */
import type { WriteStream } from 'node:tty'

export interface Progress {
  /** For a terminal: these lines take the place of the last ones. */
  readonly lines: readonly string[]
  /** For a log. */
  readonly line: string
}

export interface Screen {
  /** Shows a state; in a log only if the last one is old enough. */
  show(progress: Progress): void
  /** Ends the progress: the last state stays. */
  finish(): void
}

/** A log of a minute stays readable. */
const LOG_EVERY_MS = 2_000
const FALLBACK_COLUMNS = 80

export function openScreen(output: NodeJS.WriteStream = process.stdout): Screen {
  return output.isTTY ? openTerminal(output) : openLog(output)
}

function openTerminal(output: WriteStream): Screen {
  let drawn = 0
  return {
    show: ({ lines }) => {
      const columns = output.columns || FALLBACK_COLUMNS
      const up = drawn > 0 ? `\x1b[${drawn}A` : ''
      // A line that wraps could not be drawn over.
      output.write(`${up}\x1b[0J${lines.map((line) => `${line.slice(0, columns - 1)}\n`).join('')}`)
      drawn = lines.length
    },
    finish: () => {
      drawn = 0
    },
  }
}

function openLog(output: NodeJS.WriteStream): Screen {
  let loggedAt = Number.NEGATIVE_INFINITY
  let unlogged: string | null = null
  return {
    show: ({ line }) => {
      unlogged = line
      if (performance.now() - loggedAt < LOG_EVERY_MS) return
      output.write(`${line}\n`)
      loggedAt = performance.now()
      unlogged = null
    },
    finish: () => {
      if (unlogged !== null) output.write(`${unlogged}\n`)
      unlogged = null
      loggedAt = Number.NEGATIVE_INFINITY
    },
  }
}
