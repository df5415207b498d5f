/**
 * Waits, or does not: without a delay the work is done at once, in the same turn, which is what makes an idle
 * simulator fast.
 */
export function runAfter(delayMs: number, work: () => void): void {
  if (delayMs > 0) setTimeout(work, delayMs)
  else work()
}
