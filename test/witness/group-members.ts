/** Which processes of a group run a certain module. Reads Linux's /proc; elsewhere there is nothing to read. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * @param leader id of the group
 * @param module what the command line has in it
 * @returns ids of processes
 */
export function findGroupMembers(leader: number, module: string): number[] {
  return listProcesses().filter((pid) => groupOf(pid) === leader && read(pid, 'cmdline').includes(module))
}

function listProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** proc_pid_stat(5). The command stands in parentheses and may itself hold some. */
function groupOf(pid: number): number {
  const stat = read(pid, 'stat')
  const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(group)
}

/** Empty for a process that has ended meanwhile. */
function read(pid: number, name: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw error
  }
}
