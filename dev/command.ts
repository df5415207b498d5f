/**
 * How the commands of this repository begin and end: help, wrong flags, signals, a parent that is gone. No command's
 * own work.
 */
import { FlagError } from './flags.ts'

/** As POSIX shells use it for wrong usage. */
const EXIT_USAGE = 2
/** 128 + SIGINT, as shells report a command that was interrupted. */
const EXIT_INTERRUPTED = 130
const PARENT_POLL_MS = 500

/** Reads flags; prints the usage and ends the process when it is asked for or they are wrong. */
export function readFlags<Flags extends { help: boolean }>(parse: (args: string[]) => Flags, usage: string): Flags {
  try {
    const flags = parse(process.argv.slice(2))
    if (!flags.help) return flags
    console.log(usage)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof FlagError)) throw error
    console.error(`${error.message}.\n\n${usage}`)
    process.exit(EXIT_USAGE)
  }
}

/** Prints why a command failed, without a stack that says nothing to its user, and ends the process with 1. */
export function fail(error: unknown): never {
  console.error(`\n${error instanceof Error ? error.message : error}`)
  if (process.env.DEBUG !== undefined && error instanceof Error) console.error(error.stack)
  process.exit(1)
}

/** What has to be closed when the command ends, last opened first. */
export class Openings {
  readonly #closers: (() => Promise<void>)[] = []

  /** Remembers a part and returns it. */
  add<Part extends { close(): Promise<void> }>(part: Part): Part {
    this.#closers.push(() => part.close())
    return part
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}

/**
 * Ends the process, with everything closed, on Ctrl-C, on SIGTERM and when npm, which started it, is killed: npm
 * cannot tell us then, but we get another parent. Ctrl-C twice does not wait.
 *
 * @param exitCode of a command that was ended before its work was done
 */
export function endOnSignals(openings: Openings, exitCode: () => number = () => EXIT_INTERRUPTED): void {
  let ending = false
  const end = () => {
    if (ending) process.exit(EXIT_INTERRUPTED)
    ending = true
    openings.close().then(() => process.exit(exitCode()), fail)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  process.on('SIGHUP', end)
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const poll = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(poll)
    end()
  }, PARENT_POLL_MS)
  poll.unref()
}
