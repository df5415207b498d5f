// @ts-check
/**
 * Installs what is missing, before every npm script. Runs on any Node from 18 with nothing but npm around, so it is
 * plain JavaScript and imports nothing that has to be installed. When all is there it says nothing and costs a few
 * milliseconds. Afterwards `node` in npm scripts is the Node 24 in node_modules/.bin.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findMismatch } from './installed.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const reason = findReason()
if (reason !== null) install(reason)

/** @returns {string | null} why an installation is needed, or null */
function findReason() {
  const wanted = readJson('package-lock.json')
  if (wanted === null) throw new Error(`package-lock.json is missing in ${root}`)
  const installed = readJson('node_modules/.package-lock.json')
  if (installed === null) return 'nothing is installed yet'
  const mismatch = findMismatch(wanted, installed)
  if (mismatch !== null)
    return `${mismatch.replace('node_modules/', '')} is not the version that package-lock.json names`
  return isExecutable('node_modules/.bin/node') ? null : 'Node 24 is missing'
}

/** @param {string} why */
function install(why) {
  const startedAt = Date.now()
  console.log(`Installing packages into node_modules: ${why}. This takes a minute or so…`)
  // The warnings are about the Node that is replaced here.
  const result = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (result.error !== undefined) fail(`npm could not be started: ${result.error.message}`)
  if (result.status !== 0)
    fail('`npm ci` failed; its own message is above. Is the network, or a registry mirror, there?')
  if (!isExecutable('node_modules/.bin/node')) {
    fail('`npm ci` ran, but Node 24 is not there: are install scripts switched off (`npm config get ignore-scripts`)?')
  }
  console.log(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`)
}

/**
 * The npm that runs us, on its own Node: the Node in node_modules is about to be replaced.
 *
 * @param {string[]} args
 */
function npm(args) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env
  /** @type {import('node:child_process').SpawnSyncOptions} */
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }
  if (cli !== undefined && node !== undefined) return spawnSync(node, [cli, ...args], options)
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

/**
 * @param {string} path
 * @returns {import('./installed.mjs').LockFile | null} null when there is no such file, or npm was interrupted in writing it
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError || /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null
    throw error
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(new URL(`../${path}`, import.meta.url), constants.X_OK)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return false
    throw error
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`install: ${message}`)
  process.exit(1)
}
