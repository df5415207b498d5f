import { describe, expect, it } from 'vitest'
import { isBuiltInRole, isRoleName, isScope, ROLE_SCOPES, refuseScope, SCOPE_NAMES, type Scope } from './roles.ts'

describe('roles', () => {
  it('of clients are public and may do nothing but register', () => {
    expect(ROLE_SCOPES.client).toEqual(['devices:register'])
  })

  it('below admin govern nothing and import nothing', () => {
    const admins = [
      'app:manage',
      'credentials:manage',
      'keys:manage',
      'topics:delete',
      'quarantine:decide',
      'devices:import',
    ]
    for (const role of ['sender', 'analyst', 'client'] as const) {
      expect(ROLE_SCOPES[role].filter((scope) => admins.includes(scope))).toEqual([])
    }
  })
})

describe('the name of a custom role', () => {
  it.each<[string, boolean]>([
    ['marketing-sender', true],
    ['a', true],
    ['ops.night_shift', true],
    ['constructor', true],
    ['admin', false],
    ['client', false],
    ['Admin', false],
    ['\u0430dmin', false],
    ['', false],
    ['-a', false],
    ['9lives', false],
    ['__proto__', false],
    ['two words', false],
    ['a/b', false],
    ['a\n', false],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
  ])('%j: %s', (name, expected) => {
    expect(isRoleName(name)).toBe(expected)
  })

  it('is built in only when it is in the table', () => {
    expect(['admin', 'sender', 'analyst', 'client'].every(isBuiltInRole)).toBe(true)
    expect(['constructor', 'toString', 'root'].some(isBuiltInRole)).toBe(false)
  })
})

describe('a token’s scope', () => {
  it.each<[Scope, readonly Scope[], boolean, string | null]>([
    ['devices:register', ROLE_SCOPES.sender, true, null],
    ['devices:register', ROLE_SCOPES.sender, false, null],
    ['topics:read', ROLE_SCOPES.sender, false, null],
    ['topics:read', ROLE_SCOPES.sender, true, 'not_for_users'],
    ['devices:import', ROLE_SCOPES.sender, false, 'beyond_caller'],
    ['tokens:mint', ROLE_SCOPES.admin, false, 'not_delegable'],
    ['app:manage', ROLE_SCOPES.admin, false, 'not_delegable'],
    ['keys:manage', ROLE_SCOPES.admin, false, 'not_delegable'],
    ['credentials:manage', ROLE_SCOPES.admin, false, 'not_delegable'],
    ['topics:delete', ROLE_SCOPES.admin, false, null],
    ['topics:delete', ROLE_SCOPES.admin, true, 'not_for_users'],
    ['app:manage', [], false, 'beyond_caller'],
  ])('%s of a caller with %j, bound to a user: %s → %s', (scope, held, boundToUser, refusal) => {
    expect(refuseScope(scope, held, boundToUser)).toBe(refusal)
  })

  it('is one of the table', () => {
    expect(SCOPE_NAMES.every(isScope)).toBe(true)
    expect(isScope('toString')).toBe(false)
  })
})
