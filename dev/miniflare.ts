/**
 * Miniflare the way this repository uses it: silent, off the network, bound to our life, and leaving the end of the
 * process to whoever runs it.
 */
import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4MiniflareOptions } from 'miniflare'
import { bindLife } from './guard.ts'

/**
 * In MiB, for V8 in workerd. All objects share one isolate here, on a machine whose memory V8 would take for its own: it
 * lets garbage grow to hundreds of MiB before it collects any. An isolate on Cloudflare has 128 MB for everything.
 */
const V8_FLAGS = '--max-semi-space-size=8 --max-old-space-size=512'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Starts a runtime. Await its `ready`; end it with `dispose()`. */
export function openMiniflare(options: V4MiniflareOptions): Miniflare {
  guardRuntimes()
  // Miniflare has no option for it.
  process.env.MINIFLARE_WORKERD_V8_FLAGS ??= V8_FLAGS
  return withoutNewSignalHandlers(
    () =>
      new Miniflare(
        convertV4MiniflareOptions({
          ...options,
          log: new Log(LogLevel.ERROR),
          logRequests: false,
          // Neither where a request came from nor that there was one is anybody else's business.
          cf: false,
          telemetry: { enabled: false },
        }),
      ),
  )
}

/** Miniflare would end the process at the first signal, before anything else of it could be closed. */
function withoutNewSignalHandlers<T>(make: () => T): T {
  const before = SIGNALS.map((signal) => new Set(process.listeners(signal)))
  const made = make()
  for (const [index, signal] of SIGNALS.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[index]!.has(listener)) process.off(signal, listener)
    }
  }
  return made
}

let guarding = false

/** Binds the life of every workerd to ours, those that Miniflare starts after a crash too. */
function guardRuntimes(): void {
  if (guarding) return
  guarding = true
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess }
    // At this moment the process has no id yet.
    child.once('spawn', () => {
      if (basename(child.spawnfile).startsWith('workerd')) bindLife(child)
    })
  })
}
