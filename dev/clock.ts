/**
 * The clock of the Worker's cron trigger: Cloudflare rings it once a minute, and the local runtime only when it is told.
 */
import type { Miniflare } from 'miniflare'

const MINUTE_MS = 60_000
/** As in wrangler.toml; the Worker does the same whichever it is. */
const CRON = '* * * * *'

/** Rings until the answer is called. A ring that fails is said; the Worker's jobs go on with the next one. */
export function startClock(miniflare: Miniflare, onFailure: (explanation: string) => void, everyMs = MINUTE_MS) {
  const ring = async () => {
    try {
      await (await miniflare.getWorker()).scheduled({ cron: CRON, scheduledTime: new Date() })
    } catch (error) {
      onFailure(`the cron trigger failed: ${String(error)}`)
    }
  }
  const timer = setInterval(() => void ring(), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
