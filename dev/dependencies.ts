/**
 * What may be wrong with the packages that this repository depends on, read from package.json and package-lock.json alone:
 * versions that float, packages without a checksum, install scripts and licences that nobody decided about. Pure.
 */

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  /** Packages that may run a script when they are installed, and those that may not. */
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

export interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly dev?: boolean
  /** A tool, or an optional companion of something deployed that is here as a tool only. */
  readonly devOptional?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Of what is deployed or imported by apps: licences that ask for no more than being named. */
const PRODUCTION_LICENCES = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']

/** Of tools, which are run and never passed on. LGPL and MPL ask something of who passes them on. */
const TOOL_LICENCES = [
  ...PRODUCTION_LICENCES,
  'MIT OR Apache-2.0',
  '(BSD-3-Clause OR GPL-2.0)',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'MPL-2.0',
  'LGPL-3.0-or-later',
  'Apache-2.0 AND LGPL-3.0-or-later',
  'Apache-2.0 AND LGPL-3.0-or-later AND MIT',
]

/** Packages from before there was one way to say it: theirs is MIT, by the LICENSE.txt that they bring. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = { limiter: 'MIT' }

/** As semver.org §2 and §9 have it: no range, no tag, no address. */
const EXACT_VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/
const CHECKSUM = /^sha512-[A-Za-z0-9+/]{86}==$/

/** @returns what is wrong, a sentence each; none when all is well */
export function auditDependencies(manifest: Manifest, lock: LockFile): string[] {
  const installed = Object.entries(lock.packages).filter(([path]) => path !== '')
  return [
    ...auditVersions(manifest, lock.packages[''] ?? {}),
    ...installed.flatMap(([path, locked]) => auditPackage(nameOf(path), locked, manifest.allowScripts ?? {})),
  ]
}

/** The packages that are part of a deployment, by name. */
export function productionPackages(lock: LockFile): [name: string, locked: LockedPackage][] {
  return Object.entries(lock.packages)
    .filter(([path, locked]) => path !== '' && !isTool(locked))
    .map(([path, locked]): [string, LockedPackage] => [nameOf(path), locked])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function auditVersions(manifest: Manifest, root: LockedPackage): string[] {
  return (['dependencies', 'devDependencies'] as const).flatMap((list) =>
    Object.entries(manifest[list] ?? {}).flatMap(([name, version]) => {
      if (!EXACT_VERSION.test(version)) return [`${name} is asked for as ${version}: name one version.`]
      return root[list]?.[name] === version ? [] : [`${name} is ${version} in package.json and not in the lock file.`]
    }),
  )
}

function auditPackage(name: string, locked: LockedPackage, allowScripts: Readonly<Record<string, boolean>>): string[] {
  const { license = SAID_ELSEWHERE[name], version = 'no version' } = locked
  const found: string[] = []
  if (!EXACT_VERSION.test(version)) found.push(`${name} is locked at ${version}.`)
  if (!hasChecksum(locked)) found.push(`${name} has no checksum in the lock file.`)
  if (locked.resolved !== undefined && !locked.resolved.startsWith('https://')) {
    found.push(`${name} comes from ${locked.resolved}.`)
  }
  if (locked.hasInstallScript === true && allowScripts[name] === undefined) {
    found.push(`${name} runs a script when it is installed, and allowScripts does not say whether it may.`)
  }
  if (!(isTool(locked) ? TOOL_LICENCES : PRODUCTION_LICENCES).includes(license ?? '')) {
    found.push(`${name} has the licence ${license}, which nobody has allowed.`)
  }
  return found
}

function isTool({ dev, devOptional }: LockedPackage): boolean {
  return dev === true || devOptional === true
}

/** npm leaves it out for binaries of machines that it has not installed on: they are not here either. */
function hasChecksum({ integrity, optional, os }: LockedPackage): boolean {
  if (integrity !== undefined) return CHECKSUM.test(integrity)
  return optional === true && os !== undefined
}

/** @param path `node_modules/a/node_modules/@b/c` */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
