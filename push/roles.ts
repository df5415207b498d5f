/**
 * Who may do what: roles of API keys and the scopes they hold, as tables. Pure data; authentication lives in
 * workers/api/authenticate.ts.
 */

/** Whether a short-lived token may carry the scope: any token, only one that is bound to no user, or none. */
type Delegation = 'any_token' | 'app_token' | 'no_token'

export interface ScopeKind {
  /** For the reference page. */
  readonly allows: string
  readonly delegation: Delegation
  /** Shows what is about every topic and category: it goes with no limit of them. */
  readonly ofWholeApp?: true
}

/**
 * The scopes. What decides who else may do something, and what a token would leave behind it, is not delegable; and a
 * token bound to a user carries only what is about that user.
 */
export const SCOPES = {
  'app:manage': { allows: 'read the app, change its settings, rotate its secrets', delegation: 'no_token' },
  'credentials:manage': { allows: 'set, list, check and delete push-service credentials', delegation: 'no_token' },
  'keys:manage': { allows: 'create, list, rotate and revoke API keys', delegation: 'no_token' },
  'roles:manage': { allows: 'define and delete custom roles', delegation: 'no_token' },
  'webhooks:manage': {
    allows: 'set up webhooks, read their log, replay deliveries',
    delegation: 'no_token',
    ofWholeApp: true,
  },
  'tokens:mint': { allows: 'mint short-lived tokens', delegation: 'no_token' },
  'devices:register': { allows: 'register a device', delegation: 'any_token' },
  'devices:manage': { allows: 'read, change and delete any device of the app', delegation: 'app_token' },
  'devices:import': { allows: 'import devices in bulk, of any user', delegation: 'app_token' },
  'quarantine:decide': { allows: 'let devices out of quarantine, or retire them for good', delegation: 'app_token' },
  'topics:read': { allows: 'list topics and their sizes', delegation: 'app_token' },
  'topics:manage': { allows: 'subscribe and unsubscribe any device', delegation: 'app_token' },
  'topics:delete': { allows: 'delete topics', delegation: 'app_token' },
  'notifications:send': { allows: 'create, cancel and replay notifications', delegation: 'app_token' },
  'notifications:read': { allows: 'read notifications, counts, deliveries and dead letters', delegation: 'app_token' },
  'audit:read': { allows: 'read and export the audit log', delegation: 'app_token', ofWholeApp: true },
} as const satisfies Readonly<Record<string, ScopeKind>>

export type Scope = keyof typeof SCOPES

export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]]

/** The built-in roles. Custom ones are rows of their app: push/rights.ts. */
export const ROLES = ['admin', 'sender', 'analyst', 'client'] as const
export type Role = (typeof ROLES)[number]

/** What an API key of each role may do. `client` keys are public: they are shipped inside apps. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  admin: SCOPE_NAMES,
  sender: [
    'tokens:mint',
    'devices:register',
    'devices:manage',
    'topics:read',
    'topics:manage',
    'notifications:send',
    'notifications:read',
  ],
  analyst: ['topics:read', 'notifications:read'],
  client: ['devices:register'],
}

/** Why a token may not carry a scope. */
export type ScopeRefusal = 'beyond_caller' | 'not_delegable' | 'not_for_users'

/** Whether a caller who holds `held` may mint a token with `scope`; null: yes. */
export function refuseScope(scope: Scope, held: readonly Scope[], boundToUser: boolean): ScopeRefusal | null {
  if (!held.includes(scope)) return 'beyond_caller'
  const { delegation } = SCOPES[scope]
  if (delegation === 'no_token') return 'not_delegable'
  if (delegation === 'app_token' && boundToUser) return 'not_for_users'
  return null
}

export function isBuiltInRole(name: string): name is Role {
  return Object.hasOwn(ROLE_SCOPES, name)
}

/** What a custom role may be called: not a built-in one, and nothing that looks like one in other letters. */
export function isRoleName(name: string): boolean {
  return ROLE_NAME.test(name) && !isBuiltInRole(name)
}

const ROLE_NAME = /^[a-z][a-z0-9._-]{0,63}$/

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text)
}
