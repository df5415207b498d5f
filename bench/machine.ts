/** What the benchmarks ran on. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly workerd: string
  /** Runnable processes of the last minute before the first run: above 0, somebody else was at work. */
  readonly loadBefore: number
}

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    workerd: versionOf('workerd'),
    loadBefore: Number(loadavg()[0]!.toFixed(1)),
  }
}

export function describeMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, system, node, workerd, loadBefore } = machine
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, workerd ${workerd}, load ${loadBefore} before`
}

function versionOf(name: string): string {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
