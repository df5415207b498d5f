/** Memory of processes, and which program they run. Reads Linux's /proc; elsewhere there is nothing to read. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Those of these processes that run a program of this name. */
export function pidsOf(program: string, pids: readonly number[]): number[] {
  return pids.filter((pid) => readProc(pid, 'comm')?.trim() === program)
}

/** The peak of a process's memory begins anew. */
export function forgetPeak(pid: number): void {
  // proc_pid_clear_refs(5): 5 sets the peak ("high water mark") to what is resident now.
  if (readProc(pid, 'status') !== null) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The most that was resident since the last {@link forgetPeak}, in MiB; null where the system does not say. */
export function readPeakMiB(pid: number): number | null {
  return parsePeakMiB(readProc(pid, 'status') ?? '')
}

/** VmHWM of proc_pid_status(5), which the kernel keeps: no peak is too short for it. */
export function parsePeakMiB(status: string): number | null {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kibibytes === undefined ? null : Math.round(Number(kibibytes) / 1024)
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
