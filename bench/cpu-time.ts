/**
 * CPU time of processes, and which processes are ours. Reads Linux's /proc; elsewhere there is nothing to read.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: what /proc counts in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** User and kernel time of processes so far, in milliseconds; null where the system does not say. */
export function readCpuMs(pids: readonly number[]): number | null {
  let ticks = 0
  for (const pid of pids) {
    const stat = readStat(String(pid))
    if (stat === null) return null
    ticks += stat.userTicks + stat.kernelTicks
  }
  return (ticks * 1000) / TICKS_PER_SECOND
}

/** Every process that this one has started and that runs now. */
export function listChildren(): number[] {
  const isOwn = (pid: string) => readStat(pid)?.parent === process.pid
  return listProcesses().filter(isOwn).map(Number)
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** proc_pid_stat(5). The command stands in parentheses and may itself hold some. */
function readStat(pid: string) {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    parent: Number(fields[1]),
    userTicks: Number(fields[11]),
    kernelTicks: Number(fields[12]),
  }
}
