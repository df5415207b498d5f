/**
 * docs/licences.md: the packages that are part of a deployment, with their licences. `npm run licences` writes it,
 * `npm run check` holds it against the lock file.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditDependencies, type LockFile, type Manifest, productionPackages } from './dependencies.ts'
import { ROOT } from './root.ts'

const PAGE = join(ROOT, 'docs', 'licences.md')

/** @returns what is wrong with the dependencies or with their page; null when nothing is */
export async function checkDependencies(): Promise<string | null> {
  const { manifest, lock } = await read()
  const found = auditDependencies(manifest, lock)
  if ((await readFile(PAGE, 'utf8').catch(() => '')) !== render(lock)) found.push('docs/licences.md is not up to date.')
  return found.length === 0 ? null : found.join('\n')
}

export async function writeLicences(): Promise<void> {
  await writeFile(PAGE, render((await read()).lock))
}

async function read(): Promise<{ manifest: Manifest; lock: LockFile }> {
  const json = async (name: string) => JSON.parse(await readFile(join(ROOT, name), 'utf8'))
  return { manifest: await json('package.json'), lock: await json('package-lock.json') }
}

function render(lock: LockFile): string {
  const rows = productionPackages(lock).map(([name, { version, license, optional }]) => {
    return `| ${name} | ${version} | ${license} | ${optional === true ? 'only where it is installed' : ''} |`
  })
  return `# Licences

Fanfare is Apache-2.0, see [LICENSE](../LICENSE). A deployment may contain the packages below; their licences ask to be named, and
nothing else. Tools that are only run here are not listed: which licences they may have is in
[dev/dependencies.ts](../dev/dependencies.ts). This page is written by \`npm run licences\`, and \`npm run check\` fails when it is
not up to date.

| package | version | licence | |
|---|---|---|---|
${rows.join('\n')}
`
}
