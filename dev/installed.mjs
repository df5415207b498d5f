// @ts-check
/**
 * Whether the installed packages are those of the lock file. Decides only; install.mjs acts. Plain JavaScript,
 * because it runs on whatever Node a machine has before Node 24 is installed.
 */

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} LockFile
 */

/**
 * Compares package-lock.json with `node_modules/.package-lock.json`, in which npm writes down what it installed.
 *
 * Optional packages may be missing: they are the binaries of other machines.
 *
 * @param {LockFile} wanted
 * @param {LockFile} installed
 * @returns {string | null} the first package that is missing or different, or null when all are as they should be
 */
export function findMismatch(wanted, installed) {
  const have = installed.packages ?? {}
  for (const [path, locked] of Object.entries(wanted.packages ?? {})) {
    if (path === '') continue
    const found = have[path]
    if (found === undefined) {
      if (locked.optional || locked.devOptional) continue
      return path
    }
    if (found.version !== locked.version || found.integrity !== locked.integrity) return path
  }
  return null
}
