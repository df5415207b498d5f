/**
 * Who may call what: one row a call of the API, by its `operationId`. A route gets its security from here and its
 * place in the reference too, so that a call without a row cannot be written. Pure data; auth.ts enforces it.
 */
import { ROLE_SCOPES, ROLES, type Role, type Scope } from '../../push/roles.ts'

/** A scope of keys and tokens; `device`: any device's own key; `root`: the operator. */
export type Grant = Scope | 'root' | 'device'

/** One of these is enough; none: whoever comes, without a bearer. */
type Row = readonly Grant[]

export const ACCESS = {
  createApp: ['root'],
  getApp: ['root', 'app:manage'],
  deleteApp: ['root'],
  getSettings: ['root', 'app:manage'],
  changeSettings: ['root', 'app:manage'],
  getQuotas: ['root', 'app:manage'],
  putQuotas: ['root'],
  getAttestation: ['root', 'app:manage'],
  putAttestation: ['root', 'credentials:manage'],
  deleteAttestation: ['root', 'credentials:manage'],

  putFcmCredential: ['root', 'credentials:manage'],
  putApnsCredential: ['root', 'credentials:manage'],
  putWebPushCredential: ['root', 'credentials:manage'],
  listCredentials: ['root', 'credentials:manage'],
  deleteCredential: ['root', 'credentials:manage'],
  checkCredential: ['root', 'credentials:manage'],

  listAppSecrets: ['root', 'app:manage'],
  rotateAppSecret: ['root', 'app:manage'],
  getJwks: [],
  resealSecrets: ['root'],

  createKey: ['root', 'keys:manage'],
  listKeys: ['root', 'keys:manage'],
  rotateKey: ['root', 'keys:manage'],
  revokeKey: ['root', 'keys:manage'],

  listRoles: ['root', 'roles:manage', 'keys:manage'],
  getRole: ['root', 'roles:manage', 'keys:manage'],
  putRole: ['root', 'roles:manage'],
  deleteRole: ['root', 'roles:manage'],

  createToken: ['tokens:mint'],

  createWebhook: ['root', 'webhooks:manage'],
  listWebhooks: ['root', 'webhooks:manage'],
  getWebhook: ['root', 'webhooks:manage'],
  changeWebhook: ['root', 'webhooks:manage'],
  deleteWebhook: ['root', 'webhooks:manage'],
  rotateWebhookSecret: ['root', 'webhooks:manage'],
  testWebhook: ['root', 'webhooks:manage'],
  listWebhookDeliveries: ['root', 'webhooks:manage'],
  getWebhookDelivery: ['root', 'webhooks:manage'],
  replayWebhookDelivery: ['root', 'webhooks:manage'],
  replayWebhookDeliveries: ['root', 'webhooks:manage'],

  registerDevice: ['devices:register'],
  importDevices: ['devices:import'],
  getDevice: ['devices:manage', 'device'],
  changeDevice: ['devices:manage', 'device'],
  deleteDevice: ['devices:manage', 'device'],
  // Whoever else had it would go on being the device when his own key or token is over.
  rotateDeviceKey: ['device'],
  revokeDeviceKey: ['devices:manage'],

  listQuarantine: ['devices:manage'],
  releaseQuarantine: ['quarantine:decide'],
  confirmQuarantine: ['quarantine:decide'],

  listTopics: ['topics:read'],
  getTopic: ['topics:read'],
  deleteTopic: ['topics:delete'],
  subscribe: ['topics:manage', 'device'],
  unsubscribe: ['topics:manage', 'device'],
  changeTopicMembers: ['topics:manage'],
  // Whoever holds the link of a push.
  showUnsubscribePage: [],
  followUnsubscribeLink: [],

  sendNotification: ['notifications:send'],
  getNotification: ['notifications:read'],
  cancelNotification: ['notifications:send'],
  listDeliveries: ['notifications:read'],
  reportReceipts: ['device'],

  listDeadLetters: ['notifications:read'],
  replayDeadLetters: ['notifications:send'],
  listStuckWork: ['notifications:read'],

  listAudit: ['root', 'audit:read'],
  exportAudit: ['root', 'audit:read'],
  getAuditHead: ['root', 'audit:read'],

  getHealth: [],
} as const satisfies Readonly<Record<string, Row>>

export type OperationId = keyof typeof ACCESS

export const OPERATION_IDS = Object.keys(ACCESS) as OperationId[]

/** What the row of a call says. @throws RangeError when there is no such call */
export function grantsOf(operationId: string): Row {
  if (!Object.hasOwn(ACCESS, operationId)) throw new RangeError(`${operationId} has no row in the table of access`)
  return ACCESS[operationId as OperationId]
}

/** The scopes among the grants of a call; any one of them is enough. */
export function scopesIn(grants: readonly Grant[]): Scope[] {
  return grants.filter((grant) => grant !== 'root' && grant !== 'device')
}

/** The roles whose keys may make the call. */
export function rolesFor(operationId: OperationId): Role[] {
  const grants = grantsOf(operationId)
  return ROLES.filter((role) => ROLE_SCOPES[role].some((scope) => grants.includes(scope)))
}

/** What an app's own clients call: with a client key, a device key, or nothing. */
export function isClientCall(operationId: string): boolean {
  const grants = grantsOf(operationId)
  const clientScopes: readonly Grant[] = ROLE_SCOPES.client
  return grants.length === 0 || grants.some((grant) => grant === 'device' || clientScopes.includes(grant))
}
