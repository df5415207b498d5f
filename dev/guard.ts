/**
 * Sees to it that a process we started does not outlive us, not even when we are killed without a chance to clean
 * up. A shell waits on a pipe that only we hold open; when it closes, whatever the reason, it kills the process.
 */
import { type ChildProcess, spawn } from 'node:child_process'

/** Binds the life of a started process to ours. It may end earlier by itself. */
export function bindLife(child: ChildProcess): void {
  const script = 'read -r _; kill -9 "$1" 2>/dev/null'
  const guard = spawn('/bin/sh', ['-c', script, 'fanfare-guard', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a group of its own: a Ctrl-C in the terminal must not end the guard before the guarded.
    detached: true,
  })
  guard.unref()
  // The process id may be given to somebody else once the guarded has ended, so the guard must not act on it.
  child.once('exit', () => guard.kill('SIGKILL'))
  if (child.exitCode !== null || child.signalCode !== null) guard.kill('SIGKILL')
}
