/**
 * The Worker as wrangler bundles it for a deploy, for the local runtime. A bundle is kept under a fingerprint of the
 * sources, so that a restart does not build again what has not changed.
 */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { runWrangler } from './wrangler.ts'

/** A module as Miniflare takes it. */
export interface WorkerModule {
  readonly type: 'ESModule' | 'Text'
  readonly path: string
  readonly contents: string
}

export interface WorkerBundle {
  readonly directory: string
  /** The entry module first. */
  readonly modules: WorkerModule[]
}

/** A day of work goes back and forth between the same few states of the sources. */
const KEPT_MS = 24 * 60 * 60 * 1000

const ENTRY = 'index.js'
const BUNDLES = join(ROOT, '.fanfare', 'worker')

/** Bundles the Worker, or finds the bundle of the same sources. @throws with wrangler's message when it does not build */
export async function bundleWorker(): Promise<WorkerBundle> {
  const directory = join(BUNDLES, await fingerprintSources())
  if (!(await exists(join(directory, ENTRY)))) await build(directory)
  return { directory, modules: await readModules(directory) }
}

async function build(directory: string): Promise<void> {
  await mkdir(BUNDLES, { recursive: true })
  const unfinished = await mkdtemp(`${directory}-`)
  try {
    await runWrangler(['deploy', '--dry-run', '--outdir', unfinished])
    await moveUnlessThere(unfinished, directory)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  await removeOld()
}

/** Bundles of sources that have long changed. Young ones may be somebody's this moment. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(BUNDLES)) {
    const path = join(BUNDLES, name)
    if (await isOlderThan(path, KEPT_MS)) await rm(path, { recursive: true, force: true })
  }
}

/** Two starts may build at once; the first to finish wins, and both bundles are the same. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(await exists(join(to, ENTRY)))) throw error
  }
}

async function readModules(directory: string): Promise<WorkerModule[]> {
  const texts = (await readdir(directory)).filter((name) => /\.(sql|txt|html)$/.test(name))
  return Promise.all(
    [ENTRY, ...texts].map(async (name) => {
      const path = join(directory, name)
      return { type: name === ENTRY ? 'ESModule' : 'Text', path, contents: await readFile(path, 'utf8') } as const
    }),
  )
}

/**
 * Names, sizes and times of everything a bundle could be made of: all files but installed packages, which
 * package-lock.json stands for, and hidden or generated folders.
 */
async function fingerprintSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const top of (await readdir(ROOT)).sort()) {
    if (top.startsWith('.') || top === 'node_modules' || top === 'dist') continue
    const path = join(ROOT, top)
    const info = await stat(path)
    const files = info.isDirectory() ? await listFiles(path) : [path]
    for (const file of files) {
      const { size, mtimeMs } = await stat(file)
      hash.update(`${file} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function exists(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== null
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  const info = await statIfThere(path)
  return info !== null && Date.now() - info.mtimeMs > ageMs
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
