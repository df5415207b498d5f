import { describe, expect, it } from 'vitest'
import { isScope, ROLE_SCOPES, refuseScope, SCOPE_NAMES, type Scope } from './roles.ts'

describe('roles', () => {
  it('of clients are public and may do nothing but register', () => {
    expect(ROLE_SCOPES.client).toEqual(['devices:register'])
  })

  it('below admin never manage the app or import', () => {
    for (const role of ['sender', 'analyst', 'client'] as const) {
      expect(ROLE_SCOPES[role]).not.toContain('app:manage')
      expect(ROLE_SCOPES[role]).not.toContain('devices:import')
    }
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
    ['app:manage', [], false, 'beyond_caller'],
  ])('%s of a caller with %j, bound to a user: %s → %s', (scope, held, boundToUser, refusal) => {
    expect(refuseScope(scope, held, boundToUser)).toBe(refusal)
  })

  it('is one of the table', () => {
    expect(SCOPE_NAMES.every(isScope)).toBe(true)
    expect(isScope('toString')).toBe(false)
  })
})
