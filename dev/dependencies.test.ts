import { describe, expect, it } from 'vitest'
import { auditDependencies, type LockedPackage, type Manifest, productionPackages } from './dependencies.ts'

const GOOD = { version: '1.2.3', integrity: `sha512-${'a'.repeat(86)}==`, license: 'MIT' }
const MANIFEST: Manifest = { dependencies: { a: '1.2.3' }, allowScripts: { scripted: false } }

function audit(packages: Record<string, LockedPackage>, manifest = MANIFEST) {
  const root = { dependencies: manifest.dependencies, devDependencies: manifest.devDependencies }
  return auditDependencies(manifest, { packages: { '': root, ...packages } })
}

describe('dependencies', () => {
  it('are well when they are pinned, whole and allowed', () => {
    const tool = { ...GOOD, dev: true, license: 'MPL-2.0' }
    const elsewhere = { version: '1.0.0', optional: true, os: ['darwin'], license: 'MIT' }
    const scripted = { ...GOOD, hasInstallScript: true }
    expect(audit({ 'node_modules/a': GOOD, 'node_modules/b': tool, 'node_modules/c': elsewhere })).toEqual([])
    expect(audit({ 'node_modules/x/node_modules/scripted': scripted })).toEqual([])
  })

  it.each<[string, LockedPackage]>([
    ['has no checksum', { ...GOOD, integrity: undefined }],
    ['has no checksum', { ...GOOD, integrity: 'sha1-abc' }],
    ['has no checksum', { ...GOOD, integrity: undefined, optional: true }],
    ['is locked at git+ssh://a', { ...GOOD, version: 'git+ssh://a' }],
    ['comes from http://', { ...GOOD, resolved: 'http://registry.example/a.tgz' }],
    ['runs a script', { ...GOOD, hasInstallScript: true }],
    ['has the licence MPL-2.0', { ...GOOD, license: 'MPL-2.0' }],
    ['has the licence undefined', { ...GOOD, license: undefined }],
    ['has the licence AGPL-3.0', { ...GOOD, license: 'AGPL-3.0', dev: true }],
  ])('are not when one %s', (problem, locked) => {
    expect(audit({ 'node_modules/@b/c': locked })).toEqual([expect.stringContaining(`@b/c ${problem}`)])
  })

  it.each(['^1.2.3', '~1.2.3', '1.x', 'latest', '*', 'https://a.example/b.tgz', 'file:../b'])(
    'are not when one is asked for as %s',
    (version) => {
      expect(audit({}, { devDependencies: { b: version } })).toEqual([
        `b is asked for as ${version}: name one version.`,
      ])
    },
  )

  it('are not when the lock file is of another package.json', () => {
    expect(auditDependencies(MANIFEST, { packages: { '': {} } })).toEqual([expect.stringContaining('a is 1.2.3')])
  })

  it('that are deployed are told from tools, by name', () => {
    const packages = {
      '': {},
      'node_modules/z': GOOD,
      'node_modules/a': GOOD,
      'node_modules/t': { ...GOOD, dev: true },
    }
    expect(productionPackages({ packages }).map(([name]) => name)).toEqual(['a', 'z'])
  })
})
