/** The results on disk: one JSON file a scenario, and the table and pictures of all of them in README.md. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeMachine, type Machine } from './machine.ts'
import { plotsOf } from './plots.ts'
import { replaceMarked, showPlots } from './readme.ts'
import type { Findings } from './scenario.ts'
import { renderMarkdown } from './table.ts'

export interface Result extends Findings {
  readonly name: string
  /** The command that made it. */
  readonly command: string
  /** RFC 3339. */
  readonly measuredAt: string
  readonly machine: Machine
}

const DIRECTORY = join(import.meta.dirname, 'results')
const README = join(import.meta.dirname, 'README.md')

export async function writeResult(result: Result): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(join(DIRECTORY, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}

/** Puts every result there is into README.md. @param order names of the scenarios */
export async function writeReadme(order: readonly string[]): Promise<void> {
  const results = (await readResults()).toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const table = renderMarkdown(results.flatMap(({ rows }) => rows))
  const notes = results.flatMap(({ notes = [] }) => notes)
  const plots = plotsOf(results)
  for (const { name, svg } of plots) await writeFile(join(DIRECTORY, `${name}.svg`), svg)
  const written = [...showPlots(plots), table, ...notes, describeOrigins(results)].join('\n\n')
  await writeFile(README, replaceMarked(await readFile(README, 'utf8'), written))
}

async function readResults(): Promise<Result[]> {
  const names = (await readdir(DIRECTORY)).filter((name) => name.endsWith('.json'))
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(DIRECTORY, name), 'utf8'))))
}

/** One line for each command that made some of the results. */
function describeOrigins(results: readonly Result[]): string {
  const byOrigin = Map.groupBy(results, ({ command, measuredAt }) => `\`${command}\` on ${measuredAt.slice(0, 10)}`)
  return [...byOrigin]
    .map(([origin, made]) => {
      const names = made.map(({ name }) => name).join(', ')
      return `- ${names}: ${origin}; ${describeMachine(made[0]!.machine)}.`
    })
    .join('\n')
}
